# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# Node.js: an http server that takes uploads.
service=(node /srv/node/server.js)
attacks=(command file)

prepare() {
	rm -rf "$root"/srv/node
	mkdir -p "$root"/srv/node/uploads
	echo secret-4711 >"$root/srv/unseen"
	cat >"$root/srv/node/server.js" <<-'END'
		const http = require('http'), fs = require('fs'), crypto = require('crypto');
		const { execSync } = require('child_process');
		let left = 4;
		const server = http.createServer((request, response) => {
			const done = (text) => {
				response.end(text);
				if (!--left) server.close(() => process.exit(0));
			};
			if (request.method === 'POST') {
				const file = '/srv/node/uploads/' + crypto.randomBytes(8).toString('hex');
				request.pipe(fs.createWriteStream(file)).on('finish', () => done('stored\n'));
				return;
			}
			try {
				if (request.url === '/command') return done(execSync('id'));
				if (request.url === '/file') return done(fs.readFileSync('/srv/unseen'));
				done('hello\n');
			} catch (e) {
				done(String(e));
			}
		});
		server.keepAliveTimeout = 1;
		server.listen(8081, '127.0.0.1');
	END
}

drive() {
	wait_for port 8081 || return
	in_root curl -s http://127.0.0.1:8081/
	in_root curl -s -d some-bytes http://127.0.0.1:8081/
	in_root curl -s "http://127.0.0.1:8081/$ATTACK" >"$state/answer"
	in_root curl -s -d other-bytes http://127.0.0.1:8081/ | grep stored
}

escaped() {
	grep -qE "uid=|secret-4711" "$state/answer"
}
