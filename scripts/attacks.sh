#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# attacks.sh [KERNEL...]: the attempts of a hostile workload (test/450-attacks.txt) in namespaces of all settings, on each
# kernel: 6.12, 7.3 and patched. This takes a quarter of an hour for each. `make test` tries them enforced and free.

set -euo pipefail
cd "$(dirname "$0")/.."

(($#)) || set -- 6.12 7.3 patched
kernel=$(scripts/kernel-image.sh 6.12)
make VMLINUX_BTF="$kernel/vmlinux.btf" tests
failed=0
for series in "$@"; do
	[[ $series != patched ]] || scripts/kernel-build.sh >/dev/null
	echo "== $series"
	scripts/vm.sh -k "$series" -n "modes-$series" -t 3000 --tpm -- bats --timing --formatter tap test/modes.bats || failed=1
done
exit "$failed"
