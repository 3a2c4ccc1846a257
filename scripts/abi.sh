#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# abi.sh OBJECT: prints the layout of the ABI, from the BTF of the compiled programs: every map with the
# types of its keys and values, every struct tsem_* with its size and the offsets of its members, in bytes.
#
# maps/abi.golden has the layout of this version of the ABI; scripts/lint.sh compares.

set -euo pipefail

PATH=$PATH:/usr/sbin
bpftool -j btf dump file "${1:?abi.sh: give the object}" | jq -r '
	.types as $types
	| def type($id): if $id == 0 then {name: "void"} else $types[$id - 1] end;
	def behind($id): type($id) | if .kind == "PTR" then behind(.type_id) else . end;
	def named($id): behind($id) | if .kind == "ARRAY" then named(.type_id) + "[\(.nr_elems)]"
		elif .kind == "CONST" or .kind == "VOLATILE" then named(.type_id)
		elif .kind == "STRUCT" then "struct " + .name else .name // .kind end;
	[($types[] | select(.kind == "DATASEC" and .name == ".maps") | .vars[].type_id | type(.)
		| .name as $map | type(.type_id) | [.members[] | select(.name == "key" or .name == "value")
			| named(.type_id)] | "map \($map): " + join(" -> ")),
	 ($types[] | select(.kind == "STRUCT" and (.name | startswith("tsem_")) and .name != "tsem_task" and .name != "tsem_hashing")
		| "struct \(.name): \(.size)" + ([.members[] | "\n\t\(.name) \(.bits_offset / 8): \(named(.type_id))"] | join("")))]
	| sort[]'
