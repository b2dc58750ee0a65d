#!/bin/sh
# Installs what tools/packages.txt lists and this machine lacks (Debian 12).
# Does nothing, and asks for nothing, when everything is there.
set -eu
cd "$(dirname "$0")/.."

wanted=$(sed 's/#.*//' tools/packages.txt | tr -s '\n' ' ')
missing=
for package in $wanted; do
	state=$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null) ||
	    state=
	[ "$state" = installed ] || missing="$missing $package"
done
[ -n "$missing" ] || exit 0

echo "installing:$missing"
as_root=
[ "$(id -u)" = 0 ] || as_root=sudo
export DEBIAN_FRONTEND=noninteractive
$as_root apt-get update -qq
# shellcheck disable=SC2086
$as_root apt-get install -y -qq --no-install-recommends $missing >/dev/null
