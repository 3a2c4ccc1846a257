# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# make and gcc: a small project in C, built in parallel.
service=(sh /srv/make/build.sh)
attacks=(recipe header)

prepare() {
	rm -rf "$root"/srv/make
	mkdir -p "$root"/srv/make
	cd "$root"/srv/make || return
	echo secret-4711 >"$root/srv/unseen"
	for i in 1 2 3 4; do echo "int f$i(int x) { return x + $i; }" >f$i.c; done
	cat >main.c <<-'END'
		#include <stdio.h>
		int f1(int), f2(int);
		int main(void) { printf("%d\n", f1(1) + f2(2)); return 0; }
	END
	printf 'program: main.o f1.o f2.o f3.o f4.o\n\tgcc -o $@ $^\n%%.o: %%.c\n\tgcc -O1 -c $<\n' >Makefile
	cat >build.sh <<-'END'
		cd /srv/make
		make -j2
		./program
		case "$ATTACK" in
		recipe) printf 'all:\n\tid >owned\n' | make -f - all ;;
		header) gcc -E -x c -include /srv/unseen main.c 2>/dev/null | grep secret-4711 ;;
		esac
		exit 0
	END
	cd / || return
}

escaped() {
	grep -q uid= "$root/srv/make/owned" || grep -q secret-4711 "$state/out"
}
