#!/bin/bash
# make run: the service on SQLite, an account, and a virtual module that is
# bootstrapped against it. Everything lives in ./run; the second start finds
# it there. Ends with Ctrl-C. HOLDFAST_API (address), HOLDFAST_COAP_PORT and
# HOLDFAST_AT_PORT are for where a port is taken.
set -eu
cd "$(dirname "$0")/.."
build=build
data=run/data
credentials=run/credentials
api=${HOLDFAST_API:-127.0.0.1:8080}
coap_port=${HOLDFAST_COAP_PORT:-5683}
at_port=${HOLDFAST_AT_PORT:-5555}
export HOLDFAST_URL=http://$api
mkdir -p run

say() { printf '\n%s\n' "$*"; }
fail() { printf '%s\n' "$*" >&2; exit 1; }

# no_start PROGRAM LOG: what went wrong, and what helps against it.
no_start() {
	grep -E ' (warn|error) |^holdfast' "$2" >&2 || tail -n 5 "$2" >&2
	printf '%s did not start.\n' "$1" >&2
	if grep -qiE 'address already in use|cannot listen' "$2"; then
		cat >&2 <<-EOF
		A port is taken ($api, UDP $coap_port or $at_port). Choose others:
		    HOLDFAST_API=127.0.0.1:18080 HOLDFAST_COAP_PORT=15683 \\
		        HOLDFAST_AT_PORT=15555 make run
		EOF
	fi
	exit 1
}

exec 9>run/lock
flock -n 9 || fail "make run is at work in this folder already."
export HOLDFAST_CREDENTIALS=$credentials
holdfast() { "$build/cli/holdfast" "$@"; }

stop() {
	trap - EXIT INT TERM
	kill ${module:-} ${service:-} 2>/dev/null || true
	wait
	say "Stopped. Everything is kept in ./run."
}
trap stop EXIT
trap 'exit 0' INT TERM

# The service.
rm -f "$data/endpoints"
"$build/cloud/holdfastd" --data "$data" --set "api.listen=$api" \
    --set "devices.listen=[::]:$coap_port" 2>run/holdfastd.log 9>&- &
service=$!
while [ ! -e "$data/endpoints" ]; do
	kill -0 "$service" 2>/dev/null || no_start holdfastd run/holdfastd.log
	sleep 0.1
done

# The first start: an account, and a device from the factory.
if [ ! -e "$credentials" ]; then
	holdfast init --data "$data" --tenant example \
	    --admin admin@example.com --profile thermometer
	openssl ecparam -name prime256v1 -genkey -noout -out run/vendor.pem
	openssl ec -in run/vendor.pem -pubout -out run/vendor.pub 2>/dev/null
	"$build/factory/holdfast-factory" --service "$data/service.json" \
	    --boot-key run/vendor.pub \
	    --count 1 --start 0002000089282245 --out run/devices >run/factory.log
	holdfast import run/devices/import.jsonl
fi
profile=$(holdfast profiles list | awk 'NR == 1 {print $1}')
state=$(echo run/devices/*/)

# Its firmware is signed, and starts on that device only so.
if [ -e run/vendor.pem ]; then
	"$build/factory/holdfast-factory" sign --key run/vendor.pem --version 1 \
	    --name "$("$build/module/holdfast-module" --version | cut -d' ' -f2)" \
	    --out run/module.manifest "$build/module/holdfast-module"
fi

# The module: an AT terminal at run/module, and one on a TCP port.
"$build/module/holdfast-module" --state "${state%/}" \
    --manifest run/module.manifest \
    --service "coap://127.0.0.1:$coap_port" --pty run/module \
    --tcp "127.0.0.1:$at_port" >run/module.log 2>&1 9>&- &
module=$!
while ! grep -q '^ready' run/module.log; do
	kill -0 "$module" 2>/dev/null || no_start holdfast-module run/module.log
	sleep 0.1
done

# at COMMAND: sends a line to the module, prints its answer.
at() {
	exec 3<>"/dev/tcp/127.0.0.1/$at_port"
	printf 'ATE0\r%s\r' "$1" >&3
	local line oks=0
	while IFS= read -r -t 20 line <&3; do
		line=${line%$'\r'}
		case $line in
		OK) oks=$((oks + 1)); [ "$oks" = 2 ] && break ;;
		*ERROR*) echo "$line"; break ;;
		+*) echo "$line" ;;
		esac
	done
	exec 3>&-
}
at "AT+USECDEVINFO=\"$profile\",\"SN-0001\"" >/dev/null
printf 'bootstrap '
for _ in $(seq 100); do
	info=$(at 'AT+USECDEVINFO?')
	[ "$info" = "+USECDEVINFO: 1,1,1" ] && break
	printf .
	sleep 0.2
done
[ "$info" = "+USECDEVINFO: 1,1,1" ] || fail " not done: $info"
echo " $info"

psk=$(at 'AT+USECPSK=16')
id=$(echo "$psk" | cut -d'"' -f2)
cat <<EOF

Holdfast runs. The module is bootstrapped, and the cloud derives its keys:

    AT+USECPSK=16
    $psk

Try next, in another terminal:

    # the same key, from the cloud, without a message to the device
    curl -s http://$api/v1/GetPSK -H "Content-Type: application/json" \\
        -H "Authorization: \$(build/cli/holdfast token --credentials run/credentials)" \\
        -d '{"KeyID": "$id", "KeyLength": "128"}'

    # the device as the service sees it
    build/cli/holdfast devices list --credentials run/credentials

    # talk to the module yourself
    socat -,raw,echo=0,escape=0x1d,crnl TCP:127.0.0.1:$at_port     (Ctrl-] ends)
    (or any serial terminal, picocom for one, at run/module)

The tour goes on in README.md. Ctrl-C stops both.
EOF
wait "$service" "$module"
