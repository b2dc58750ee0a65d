#!/bin/bash
# Builds what runs on microcontrollers for a Cortex-M4 at -Os and prints its
# size: tools/cortex-m4.sh [FOLDER]. Fails when a file does not compile, when
# a room allocates or prints, and when the host library needs anything but
# eight functions of the C library.
#
#	flash	code and constants of the whole room, before a linker drops
#		what a program does not call
#	ram	variables of the room itself: there should be none
#	stack	the largest frame of one function
set -euo pipefail
shopt -s inherit_errexit
cd "$(dirname "$0")/.."
folder=${1:-build/cortex-m4}
tool=arm-none-eabi-
rooms="base crypto-port c2c host soft cbor coap oscore edhoc keys rot device"
flags="-mcpu=cortex-m4 -mthumb -Os -std=c99 -ffunction-sections
    -fdata-sections -fstack-usage -Wall -Wextra -Werror
    -Wno-maybe-uninitialized -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wpointer-arith -Wwrite-strings -Wvla -Wundef
    -include lib/base/include/base/banned.h"
for include in lib/*/include host/include; do
	flags="$flags -I$include"
done

# The sources of a room. Files for programs on hosts stay out.
sources() {
	case $1 in
	crypto-port) echo lib/crypto/common.c lib/crypto/hpke.c ;;
	host) ls host/*.c ;;
	soft) ls host/soft/*.c 2>/dev/null || true ;;
	c2c) ls lib/c2c/*.c | grep -vE '/(port|fcs_fast)\.c$' ;;
	rot) ls lib/rot/*.c | grep -vE '/(boot_file|port_file|tpm2.*)\.c$' ;;
	*) ls "lib/$1"/*.c 2>/dev/null || true ;;
	esac
}

compile() {
	local room=$1 source object
	mkdir -p "$folder/$room"
	for source in $(sources "$room"); do
		object=$folder/$room/$(basename "$source" .c).o
		# shellcheck disable=SC2086
		${tool}gcc $flags -c "$source" -o "$object"
		echo "$object"
	done
}

# undefined OBJECT...: what it needs and does not have.
undefined() {
	${tool}ld -r -o "$folder/all.o" "$@"
	${tool}nm -u "$folder/all.o" | sed 's/^ *U //' | sort
}

rm -rf "$folder"
failed=0
printf '%-12s %8s %8s %8s\n' room flash ram stack
for room in $rooms; do
	objects=$(compile "$room")
	[ -n "$objects" ] || continue
	# shellcheck disable=SC2086
	read -r text data bss _ < <(${tool}size -t $objects | tail -n 1)
	stack=$(cat "$folder/$room"/*.su | cut -f 2 | sort -n | tail -n 1)
	printf '%-12s %8d %8d %8d\n' "$room" $((text + data)) $((data + bss)) \
	    "$stack"
	# shellcheck disable=SC2086
	bad=$(undefined $objects | grep -E \
	    '^_?(malloc|calloc|realloc|free|[a-z]*printf|puts|exit|abort)$' ||
	    true)
	[ -z "$bad" ] || { echo "$room needs:" $bad >&2; failed=1; }
done

needs=$(undefined "$folder"/base/*.o "$folder"/c2c/*.o "$folder"/host/*.o |
    tr '\n' ' ')
echo "libholdfast-host needs: $needs"
for name in $needs; do
	case $name in
	memchr | memcmp | memcpy | memmove | memset) ;;
	strcmp | strlen | strncmp) ;;
	*) echo "which is more than the C library's eight: $name" >&2
	   failed=1 ;;
	esac
done

# total NAME ROOM...: the flash of a library, all its rooms together.
total() {
	local name=$1 objects
	shift
	objects=$(for room; do ls "$folder/$room"/*.o; done)
	# shellcheck disable=SC2086
	${tool}size -t $objects | tail -n 1 |
	    awk -v name="$name" '{printf "%s: %d bytes of flash\n", name, $1 + $2}'
}
total libholdfast-host base c2c host
total "libholdfast-host with soft" base c2c host soft
total "libholdfast-device" base crypto-port cbor coap oscore edhoc keys rot device

# What the callers of the two libraries have to give.
cat >"$folder/ram.c" <<'END'
#include "device/state.h"
#include "holdfast/host.h"
char ram_device[sizeof(struct device)];
char ram_rot[sizeof(struct rot)];
char ram_hf_host[sizeof(struct hf_host)];
char ram_hf_c2c[sizeof(struct hf_c2c)];
char ram_hf_c2c_pair[sizeof(struct hf_c2c_pair)];
END
# shellcheck disable=SC2086
${tool}gcc $flags -c "$folder/ram.c" -o "$folder/ram.o"
${tool}nm -S "$folder/ram.o" | while read -r _ size _ name; do
	printf 'struct %-12s %8d bytes of RAM\n' "${name#ram_}" $((16#$size))
done
exit $failed
