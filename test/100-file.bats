# SPDX-License-Identifier: GPL-2.0
# file_open, mmap_file and exec: what identifies a file, and what does not.
load helpers

setup_file() {
	export OPEN=$PROG/file_open MMAP=$PROG/mmap_file
}

cleanup() {
	local mount
	for mount in above merged served; do
		! mountpoint -q "$D/$mount" || umount "$D/$mount"
	done
	[ ! -v server ] || kill "$server" || :
}

@test "file_open: the same file again is allowed, another name of the same content is not" {
	echo same >a
	cp a b
	learn "$OPEN" "$D/a"
	allowed "$OPEN" "$D/a"
	denied "$OPEN" "$D/b"
	forensic file_open
}

@test "file_open: a file whose content changed is denied, and allowed when it is back" {
	echo first >a
	learn "$OPEN" "$D/a"
	echo other >a
	denied "$OPEN" "$D/a"
	forensic file_open
	echo first >a
	allowed "$OPEN" "$D/a"
}

@test "file_open: a change within the same clock tick, and one through a mapping, are seen" {
	for i in $(seq 5); do
		echo "content $i" >a
		check 0 tsem-bpf run -q --trajectory "$D/t$i" -- "$OPEN" "$D/a" "$D/a" "$D/a"
		want=$(sha256sum a | cut -d' ' -f1)
		[ "$(jq -r "select(.file_open.file.path.pathname == \"$D/a\") | .file_open.file.digest" <"t$i" | sort -u)" = \
		"$want" ]
	done
}

@test "file_open: no digest is older than the last write, however fast they follow each other" {
	raced
}

@test "file_open: on an overlay a write through a mapping that outlives its file, or in a layer, is seen" {
	local reply input
	mkdir lower upper work merged
	echo lower >lower/b
	: >lower/empty
	mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
	echo 'the first text' >merged/a
	learn "$OPEN" "$D/merged/a" "$D/merged/b"
	# The state is old enough, so the digest taken now is kept, and the last run uses it.
	for _ in seen taken kept; do
		sleep 0.1
		allowed "$OPEN" "$D/merged/a" "$D/merged/b"
	done

	coproc WRITER { exec "$PROG/map_shared" "$D/merged/a"; }
	read -r reply <&"${WRITER[0]}"
	[ "$reply" = mapped ]
	allowed "$OPEN" "$D/merged/a"
	echo THE >&"${WRITER[1]}"
	read -r reply <&"${WRITER[0]}"
	grep -q ^THE merged/a
	denied "$OPEN" "$D/merged/a"
	forensic file_open
	echo the >&"${WRITER[1]}"
	read -r reply <&"${WRITER[0]}"
	# The shell forgets them when the process ends.
	input=${WRITER[1]} writer=$WRITER_PID
	exec {input}>&-
	wait "$writer"
	sed -i '1!d; s/.*/the first text/' merged/a
	learn "$OPEN" "$D/merged/a" "$D/merged/b"
	for _ in seen taken kept; do
		sleep 0.1
		allowed "$OPEN" "$D/merged/a" "$D/merged/b"
	done

	echo 'the other text' | dd of=upper/a conv=notrunc status=none
	denied "$OPEN" "$D/merged/a"
	# The overlay keeps the old size, but a reader gets the new content.
	echo 'and more' >>upper/a
	denied "$OPEN" "$D/merged/a"
	echo LOWER | dd of=lower/b conv=notrunc status=none
	denied "$OPEN" "$D/merged/b"
	echo lower | dd of=lower/b conv=notrunc status=none
	allowed "$OPEN" "$D/merged/b"

	learn "$OPEN" "$D/merged/empty"
	allowed "$OPEN" "$D/merged/empty"
	echo full >lower/empty
	denied "$OPEN" "$D/merged/empty"
}

@test "file_open: below an overlay on an overlay a write is seen as well" {
	mkdir lower upper work merged upper2 work2 above
	echo lower >lower/b
	mount -t overlay -o lowerdir=lower,upperdir=upper,workdir=work overlay merged
	mount -t overlay -o lowerdir=merged,upperdir=upper2,workdir=work2 overlay above
	echo upper >above/a
	learn "$OPEN" "$D/above/a" "$D/above/b"
	for _ in seen taken kept; do
		sleep 0.1
		allowed "$OPEN" "$D/above/a" "$D/above/b"
	done
	echo LOWER | dd of=lower/b conv=notrunc status=none
	denied "$OPEN" "$D/above/b"
	echo lower | dd of=lower/b conv=notrunc status=none
	allowed "$OPEN" "$D/above/b"
	echo UPPER | dd of=upper2/a conv=notrunc status=none
	denied "$OPEN" "$D/above/a"
}

@test "file_open: content that a process serves is not waited for, and is in no model but by a pseudonym" {
	local path=$D/served/f pseudonym
	modprobe -q fuse || :
	mkdir served
	"$PROG/fuse_serve" "$D/served" 3>&- &
	server=$!
	wait_for mountpoint -q "$D/served"
	check 0 timeout 60 tsem-bpf run -o "$D/model" -- bash -c ": <$path"
	says "content"
	check 3 timeout 60 tsem-bpf run -m "$D/model" --enforce --forensics "$D/forensics" -- bash -c ": <$path"
	forensic file_open
	pseudonym=$(printf "\\x$(printf %02x ${#path})\\x00\\x00\\x00%s" "$path" | sha256sum | cut -d' ' -f1)
	check 0 timeout 60 tsem-bpf run -q --pseudonym "$pseudonym" -o "$D/model" -- bash -c ": <$path"
	allowed bash -c ": <$path"
}

@test "file_open: devices are modeled, but for terminals and what gives or takes nothing" {
	local disk
	disk=$(findmnt -no SOURCE "$W")
	learn bash -c ": </dev/null"
	allowed bash -c ": </dev/zero; : </dev/full; : </dev/random; : </dev/urandom; : </dev/ptmx"
	denied bash -c ": <$disk"
	forensic file_open
	denied bash -c ": </dev/loop-control"
	forensic file_open
	learn bash -c ": <$disk; : </dev/loop-control"
	allowed bash -c ": <$disk; : </dev/loop-control"
}

@test "mmap_file: memory is modeled by its name" {
	learn "$PROG/memory_code" r one
	allowed "$PROG/memory_code" r one
	denied "$PROG/memory_code" r two
	forensic mmap_file
	denied "$PROG/memory_code" x one
	forensic mmap_file
	learn "$PROG/memory_code" x one
	allowed "$PROG/memory_code" x one
	denied "$PROG/memory_code" x two
	forensic mmap_file
	tsem-bpf coefficients trajectory | diff - <(sed -n 's/^state //p' model)
}

@test "file_open: the owner, the mode and the flags count" {
	echo text >a
	learn "$OPEN" "$D/a"
	chmod 600 a
	denied "$OPEN" "$D/a"
	chmod 644 a
	allowed "$OPEN" "$D/a"
	chown 1000 a
	denied "$OPEN" "$D/a"
}

@test "file_open: the file keeps its name under chroot" {
	mkdir -p jail/etc
	echo jailed >jail/etc/passwd
	cp "$(command -v busybox)" jail/busybox
	check 0 tsem-bpf run -q --trajectory "$D/t" -- chroot "$D/jail" /busybox cat /etc/passwd
	[ "$(opened "$D/jail/etc/passwd" .event.process <t)" = busybox ]
	[ "$(opened /etc/passwd .event.process <t)" = null ]
}

@test "file_open: an empty file has the digest of nothing, a name of any bytes survives" {
	name=$(printf 'a\\b \303\251 \377\n"x')
	: >"$name"
	check 0 tsem-bpf run -q -o "$D/model" --trajectory "$D/t" -- "$OPEN" "$D/$name"
	[ "$(jq -r 'select(.event.type == "file_open") | .file_open.file.digest' <t | tail -n 1)" = \
		e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 ]
	[ "$(jq -rs 'map(select(.event.type == "file_open")) | last | .file_open.file.path.pathname' <t)" = \
		"$(printf '%s/a\\\\b \303\251 \\xff\n"x' "$D")" ]
	tsem-bpf coefficients t | diff - <(sed -n 's/^state //p' model)
}

@test "file_open: a pseudonym makes the content of a path constant" {
	echo 1 >log
	path=$D/log
	pseudonym=$(printf "\\x$(printf %02x ${#path})\\x00\\x00\\x00%s" "$path" | sha256sum | cut -d' ' -f1)
	check 0 tsem-bpf run -q --pseudonym "$pseudonym" -o "$D/model" -- "$OPEN" "$path"
	grep -q "^pseudonym $pseudonym$" model
	echo 2 >log
	allowed "$OPEN" "$path"
	# Without it the same is denied.
	learn "$OPEN" "$path"
	echo 3 >log
	denied "$OPEN" "$path"
}

@test "file_open: files on pseudo filesystems are modeled by their name, and not with scope=files" {
	learn "$OPEN" /proc/self/status
	allowed "$OPEN" /proc/self/status
	[ "$(opened "/proc/self/status" .file_open.file.path.pathname <trajectory)" = null ]
	[ "$(jq -rs 'map(.file_open.file.path.normal // empty) | unique | .[]' <trajectory)" = /proc/self/status ]
	denied "$OPEN" /proc/uptime
	forensic file_open
	denied "$OPEN" /sys/kernel/mm/transparent_hugepage/enabled
	forensic file_open
	check 0 tsem-bpf run -q --scope files -o "$D/model" -- "$OPEN" /proc/self/status
	allowed "$OPEN" /proc/self/status /proc/uptime /sys/kernel/mm/transparent_hugepage/enabled
}

@test "mmap_file: a file learned for reading may not be mapped for execution" {
	cp "/bin/true" a
	learn "$MMAP" "$D/a"
	allowed "$MMAP" "$D/a"
	denied "$MMAP" "$D/a" x
	forensic mmap_file
	learn "$MMAP" "$D/a" x
	allowed "$MMAP" "$D/a" x
}

@test "mmap_file: anonymous memory counts only where it is executable" {
	learn "$MMAP" -
	allowed "$MMAP" -
	denied "$MMAP" - x
	forensic mmap_file
	[ "$(jq -r '.mmap_file | has("file")' <"$D/forensics" | head -n 1)" = false ]
}

@test "bprm_committing_creds: what was executed is allowed, another program is denied before it runs" {
	cp "/bin/true" a
	cp "/bin/echo" b
	learn sh -c "$D/a"
	allowed sh -c "$D/a"
	denied sh -c "$D/b harm"
	forensic file_open
	# A program whose file may be opened but was never executed.
	learn sh -c "cat $D/b >/dev/null; $D/a"
	denied sh -c "cat $D/b >/dev/null; $D/b harm"
}

@test "bprm_committing_creds: the same program in another place of the tree has another identity" {
	learn sh -c "$OPEN /etc/hostname; exit"
	allowed sh -c "$OPEN /etc/hostname; exit"
	denied sh -c "sh -c '$OPEN /etc/hostname; exit'; exit"
}

@test "a script is what its interpreter does with it" {
	printf '#!/bin/sh\ncat /etc/hostname\n' >script
	chmod +x script
	learn "$D/script"
	allowed "$D/script"
	printf '#!/bin/sh\ncat /etc/passwd\n' >script
	denied "$D/script"
}

@test "a file whose content cannot be hashed is counted, and learning goes on" {
	echo text >direct
	echo after >after
	check 0 tsem-bpf run -o m --trajectory t -- sh -c "dd if=$D/direct of=/dev/null iflag=direct status=none; cat $D/after"
	says "lost content: 1"
	[ "$(jq -rs --arg f "$D/after" 'map(select(.event.type == "file_open" and .file_open.file.path.pathname == $f)) | length' <t)" = 1 ]
	check 0 tsem-bpf run -q -m m --enforce -- sh -c ":; cat $D/after"
}
