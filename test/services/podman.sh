# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# A container of podman and crun, from an image that was imported, with a tmpfs of secrets. A hook of podman puts it into its
# namespace, by annotation. It may read one of the secrets.
by_hook=1
attacks=(secret shell)
# The container's root has a random name, and crun mounts there before it becomes the root.
for where in "" /proc/{acpi,bus,fs,irq,kcore,keys,sys,sysrq-trigger,timer_list} /secrets /sys{,/dev/block,/firmware,/fs/cgroup}; do
	declared+=("--pattern '$root/var/lib/containers/storage/vfs/dir/*$where'")
done
declared+=("--pattern '$root/run/crun/*/seccomp.bpf'")

engine() {
	in_root podman --storage-driver vfs --cgroup-manager cgroupfs --events-backend none --hooks-dir /srv/podman/hooks "$@"
}

# The hook runs in the root of podman; tsem-bpf and its libraries are outside of it.
hook() {
	jq -n --arg program "$repo/build/tsem-bpf" --arg d "$state" --arg stage "$1" '{
		version: "1.0.0",
		hook: {path: "/usr/sbin/chroot", args: ["chroot", "/proc/1/root", $program, "oci-hook", "--directory", $d, $stage]},
		when: {annotations: {"^org\\.tsem-bpf\\.": ".*"}},
		stages: [$stage]
	}' >"$root/srv/podman/hooks/$1.json"
}

prepare() {
	mkdir -p "$root"/srv/podman/{hooks,image/bin,image/secrets} "$root/run/vault"
	mountpoint -q "$root/sys/fs/cgroup" || mount --bind /sys/fs/cgroup "$root/sys/fs/cgroup"
	mountpoint -q "$root/run/vault" || mount -t tmpfs -o mode=0700 vault "$root/run/vault"
	echo password >"$root/run/vault/used"
	echo secret-4711 >"$root/run/vault/unused"
	hook createRuntime
	hook poststop
	[ -e "$root/srv/podman/image/bin/id" ] && return
	cp /bin/busybox "$root/srv/podman/image/bin/sh"
	cp /bin/busybox "$root/srv/podman/image/bin/id"
	tar -C "$root/srv/podman/image" -c . | engine import - small
}

# launch OPTION...: the options of run as annotations.
launch() {
	local annotations words=() i
	annotate "$@"
	prepared || return
	for ((i = 0; i < ${#annotations[@]}; i += 2)); do
		words+=(--annotation "${annotations[i]}=${annotations[i + 1]}")
	done
	# shellcheck disable=SC2016 # the container's shell expands
	engine run --rm --pull never --network none --cgroups disabled --log-driver none --name "$name" --env "ATTACK=$ATTACK" \
		--volume /run/vault:/secrets:ro "${words[@]}" --annotation run.oci.hooks.stderr=/srv/podman/hook.err small \
		/bin/sh -c 'read -r used </secrets/used && echo $used
			case $ATTACK in
			secret) read -r line </secrets/unused && echo $line ;;
			shell) /bin/id ;;
			esac
			exit 0' </dev/null >"$state/out" 2>"$state/err"
	cat "$root/srv/podman/hook.err" >>"$state/err" 2>/dev/null || :
	grep -q password "$state/out"
}

escaped() {
	grep -qE "secret-4711|uid=" "$state/out"
}
