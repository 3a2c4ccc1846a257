# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# A container of runc with a tmpfs of secrets, put into its namespace by the OCI hook. It may read one of the secrets.
by_hook=1
attacks=(secret shell)

prepare() {
	rm -rf "$state/b"
	mkdir -p "$state"/b/rootfs/{bin,etc,proc,dev,secrets} /run/secrets
	mountpoint -q /run/secrets || mount -t tmpfs -o mode=0700 secrets /run/secrets
	echo password >/run/secrets/used
	echo secret-4711 >/run/secrets/unused
	cp /bin/busybox "$state/b/rootfs/bin/sh"
	cp /bin/busybox "$state/b/rootfs/bin/id"
}

# launch OPTION...: the options of run as annotations.
launch() {
	local hook=$repo/build/tsem-bpf annotations
	annotate "$@"
	prepared || return
	jq -n --arg hook "$hook" --arg d "$state" --arg attack "ATTACK=$ATTACK" '{
		ociVersion: "1.0.2", hostname: "box", root: {path: "rootfs", readonly: true},
		process: {
			user: {uid: 0, gid: 0}, cwd: "/", env: ["PATH=/bin", $attack], noNewPrivileges: true,
			args: ["/bin/sh", "-c", "read -r used </secrets/used && echo $used; case $ATTACK in
				secret) read -r line </secrets/unused && echo $line ;;
				shell) /bin/id ;;
				esac; exit 0"],
			capabilities: {bounding: [], effective: [], permitted: []}
		},
		mounts: [
			{destination: "/proc", type: "proc", source: "proc"},
			{destination: "/dev", type: "tmpfs", source: "tmpfs", options: ["nosuid", "mode=755"]},
			{destination: "/secrets", type: "bind", source: "/run/secrets", options: ["bind", "ro"]}
		],
		annotations: ([$ARGS.positional | range(0; length; 2) as $i | {key: .[$i], value: .[$i + 1]}] | from_entries),
		linux: {namespaces: [{type: "pid"}, {type: "mount"}, {type: "ipc"}, {type: "uts"}]},
		hooks: {
			createRuntime: [{path: $hook, args: ["tsem-bpf", "oci-hook", "--directory", $d, "createRuntime"]}],
			poststop: [{path: $hook, args: ["tsem-bpf", "oci-hook", "--directory", $d, "poststop"]}]
		}
	}' --args "${annotations[@]}" >"$state/b/config.json"
	# Where runc makes a file of a random name.
	unshare -m sh -c 'mount -t tmpfs tmp /tmp; exec "$@"' - runc run -b "$state/b" "$name" </dev/null >"$state/out" 2>"$state/err"
	grep -q password "$state/out"
}

escaped() {
	grep -qE "secret-4711|uid=" "$state/out"
}
