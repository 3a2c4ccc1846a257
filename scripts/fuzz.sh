#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# fuzz.sh [SECONDS [TARGET...]]: each target of test/fuzz for SECONDS (default 60) under libFuzzer with the address and
# undefined behaviour sanitizers. The corpus and the inputs of crashes stay in build/fuzz/.

set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-60}
targets=("${@:2}")
((${#targets[@]})) || mapfile -t targets < <(basename -as .c test/fuzz/*.c)
sources=()
for source in loader/lib/*.c tma/core/*.c; do
	case "$source" in
	loader/lib/skel.c) ;;
	*) sources+=("$source") ;;
	esac
done
# Records in a journal may be unaligned; the supported machines can read them.
flags=(-O1 -g -std=gnu11 -fno-strict-aliasing -D_GNU_SOURCE -Imaps -Iloader/lib -Itma/core
	-fsanitize=fuzzer -fsanitize=address -fsanitize=undefined -fno-sanitize=alignment -fno-sanitize-recover=undefined)
for target in "${targets[@]}"; do
	[[ -r test/fuzz/$target.c ]] || {
		echo "fuzz.sh: there is no target '$target' in test/fuzz" >&2
		exit 2
	}
	mkdir -p "build/fuzz/$target"
	clang-19 "${flags[@]}" "test/fuzz/$target.c" "${sources[@]}" -lbpf -ljson-c -lcrypto -lzstd -lcap-ng \
		-ltss2-esys -ltss2-mu -ltss2-rc -ltss2-tctildr -o "build/fuzz/$target.bin"
	echo "== $target"
	"build/fuzz/$target.bin" -max_total_time="$seconds" -max_len=8192 -artifact_prefix="build/fuzz/$target-" \
		-verbosity=0 -print_final_stats=1 "build/fuzz/$target"
done
