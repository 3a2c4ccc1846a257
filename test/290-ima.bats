# SPDX-License-Identifier: GPL-2.0
# A policy of IMA is loaded. It cannot be removed before the next boot, so this is the last file of its suite.
load helpers

setup_file() {
	[ -e /sys/kernel/security/ima ] || mount -t securityfs none /sys/kernel/security
	# It measures the files of a user that nobody else has. The kernel takes one policy, and then removes the file.
	[ ! -w /sys/kernel/security/ima/policy ] ||
		echo "measure func=FILE_CHECK mask=MAY_READ fowner=12345" >/sys/kernel/security/ima/policy
}

measured() {
	echo one >measured
	chown 12345 measured
}

@test "probe and load name a policy of IMA" {
	measured
	cat measured
	check 0 tsem-bpf probe
	says IMA
	tsem-bpf unload
	check 0 tsem-bpf load
	says IMA
}

@test "what a policy measures is hashed anew when it changes" {
	measured
	learn cat "$D/measured"
	allowed cat "$D/measured"
	echo two >measured
	denied cat "$D/measured"
	forensic file_open
}

@test "the content of a measured file that somebody has open for writing counts in no model" {
	measured
	exec {writer}>>measured
	check 0 tsem-bpf run -q -n written --keep -o "$D/model" -- cat "$D/measured"
	[ "$(tsem-bpf status --json | jq '.namespaces[] | select(.name == "written").lost.content')" -ge 1 ]
	tsem-bpf delete -n written
	denied cat "$D/measured"
	exec {writer}>&-
	# Its digest counts again.
	learn cat "$D/measured"
	allowed cat "$D/measured"
}
