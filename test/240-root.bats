# SPDX-License-Identifier: GPL-2.0
# The root namespace: modeled from load on, with its log in the order of the TPM's extensions. With a TPM (vm.sh --tpm). On the
# patched kernel the kernel itself extends, on the stock one the agent. Loads and unloads by itself.
# shellcheck disable=SC2153 # PROG is set in helpers.bash
load helpers
load root

setup_file() {
	tsem-bpf unload --force
}

teardown_file() {
	tsem-bpf load
}

# Ends what a test has loaded, its agent included.
cleanup() {
	[ ! -d "$PINS" ] || tsem-bpf unload --force
	wait_for no_agent
}

no_agent() {
	! pgrep -f 'tsem-bpf agent'
}

@test "the root is modeled; a workload leaves it and has the model that it has without" {
	local eleven
	eleven=$(register 11)
	echo one >file
	check 0 tsem-bpf load
	check 0 tsem-bpf run -q -o without -- cat "$D/file"
	check 0 tsem-bpf unload
	check 0 tsem-bpf load --root-model model --cache 4096 --pcr 12
	check 0 tsem-bpf run -q -o with -- cat "$D/file"
	# But for when, and in which namespace.
	sed -i 's/"ttd":"[0-9]*"//; s/"ts":"[0-9]*"//' without with
	diff without with
	check 0 tsem-bpf run -q -m with --enforce -- cat "$D/file"
	check 3 tsem-bpf run -q -m with --enforce -- cat /etc/hostname
	cat file >/dev/null
	check 0 tsem-bpf status
	says "root model: model"
	[ "$(tsem-bpf show id)" = 0 ]
	[ "$(tsem-bpf list --json | jq -r '.[0].name')" = root ]
	check 1 tsem-bpf delete -n root
	wait_for sh -c "tsem-bpf show trajectory 2>/dev/null | grep -q '\"pathname\":\"$D/file\"'"
	# A worker of io_uring is no task of the kernel's, whoever's credentials it has.
	"$PROG/attack" attack open-uring-worker ring-personality -- >tried
	[ "$(grep -c ' done$' tried)" = 2 ]
	wait_for sh -c "tsem-bpf show trajectory 2>/dev/null | grep -q '\"pathname\":\"$D/open-uring-worker/secret\"'"
	tsem-bpf show trajectory >t 2>errors
	tsem-bpf show trajectory-coefficients | sort >kernel
	tsem-bpf coefficients t | sort >recomputed
	[ "$(wc -l <recomputed)" -gt 30 ]
	[ -z "$(comm -13 kernel recomputed)" ]
	[ "$(tsem-bpf status --json | jq '.namespaces[0].lost | add - .log - .ring')" = 0 ]
	[ "$(root pcr)" = 12 ]
	wait_for settled
	[ "$(register 12)" != "$(printf '%064d' 0)" ]
	[ "$(register 11)" = "$eleven" ]
	check 0 tsem-bpf unload
}

@test "registers that cannot be one's choice, and options without a root, are refused" {
	check 2 tsem-bpf load --root-model model --pcr 7
	check 2 tsem-bpf load --root-model model --pcr 16
	check 2 tsem-bpf load --root-model model --pcr 23
	says "from 8 to 15"
	check 2 tsem-bpf load --pcr 12
	says "--root-model model"
	check 2 tsem-bpf load --root-model yes
	check 4 tsem-bpf load --root-model export
	[ ! -e "$PINS" ]
}

@test "without its agent the log goes on; the next takes it up, and the register is what the log says" {
	local before agent i how relay=
	before=$(register)
	# Between the agent and the TPM: with one of these files there, it ends before or after an extension.
	cat >relay <<-'EOF'
		open(my $tpm, "+<", "/dev/tpmrm0") or die;
		while (read(STDIN, my $command, 10) == 10) {
			my ($tag, $size, $code) = unpack("nNN", $command);
			read(STDIN, $command, $size - 10, 10) if $size > 10;
			exit if $code == 0x182 && unlink("unsent");
			syswrite($tpm, $command);
			sysread($tpm, my $answer, 4096);
			exit if $code == 0x182 && unlink("unheard");
			syswrite(STDOUT, $answer);
		}
	EOF
	check 0 tsem-bpf load --root-model model --no-agent --max-coefficients 8192
	echo a >file
	cat file >/dev/null
	no_agent
	[ "$(root logged)" -gt 3 ]
	tsem-bpf agent 2>errors 3>&- &
	agent=$!
	wait_for settled
	check 1 tsem-bpf agent
	says "there is one already"
	# Killed and started anew: nothing is extended twice or left out.
	for i in 1 2; do
		kill -9 $agent
		wait $agent || :
		mkdir "d$i"
		TSEM_TCTI=$relay tsem-bpf agent 2>errors 3>&- &
		agent=$!
		wait_for settled
		relay="cmd:exec perl relay"
	done
	# After a TPM failed in the middle of a command, the agent asks it again.
	for how in unsent unheard; do
		echo x >$how
		mkdir "new-$how"
		wait_for test ! -e $how
		wait_for settled
	done
	# A namespace that fills its share leaves the log complete.
	check 0 tsem-bpf run -- "$PROG/grow" events 6000
	says "lost map_full"
	[ "$(tsem-bpf status --json | jq '.namespaces[0].lost.map_full')" = 0 ]
	# Four at a time: the order is that of the log, in any order of the tasks.
	for i in 1 2 3 4; do (exec 3>&-; echo x >"f$i"; exec cat "f$i" >/dev/null) & done
	# Looking makes events too, which are logged and extended as well: at last there is nothing new in it.
	wait_for holds "$before"
	[ "$(root logged)" -gt 20 ]
	[ "$(root failed)" = 2 ]
	[ "$(root lost)" = 0 ]
	[ "$(grep -c "the TPM cannot be told: .*; it is tried again" errors)" = 2 ]
	[ "$(wc -l <errors)" = 2 ]
	# The agent reports that somebody else extends the register.
	tpm2_pcrextend -T device:/dev/tpmrm0 "11:sha256=$(printf '%064d' 1)"
	check 0 tsem-bpf status
	says "PCR 11 differs"
	# A sealed root records new events.
	check 0 tsem-bpf control seal
	mkdir new
	[ "$(tsem-bpf list --json | jq -r '.[0].mode')" = sealed ]
	[ "$(tsem-bpf status --json | jq '.namespaces[0].forensics')" -gt 0 ]
	kill $agent
	wait $agent
	check 0 tsem-bpf unload
	check 1 tsem-bpf agent
	says "not loaded"
}
