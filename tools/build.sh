#!/bin/sh
# Builds into a folder: tools/build.sh FOLDER [meson option ...]. CC chooses
# the compiler. Prints the compiler's words only when there are any.
set -eu
cd "$(dirname "$0")/.."

folder=$1
shift
[ -f "$folder/build.ninja" ] || meson setup "$folder" "$@" >"/tmp/meson.$$" ||
    { cat "/tmp/meson.$$"; rm -f "/tmp/meson.$$"; exit 1; }
rm -f "/tmp/meson.$$"
ninja -C "$folder" --quiet
