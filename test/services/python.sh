# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# Python: a pool of processes, a temporary directory, and a server that speaks TLS.
service=(python3 /srv/python/server.py)
declared=("--pattern '/sem.mp-*'")
attacks=(command file)

prepare() {
	rm -rf "$root"/srv/python
	mkdir -p "$root"/srv/python
	[ -e "$root/root/tls.pem" ] || in_root openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=localhost -keyout /root/tls.key \
		-out /root/tls.pem -days 3650
	cp "$root"/root/tls.{key,pem} "$root"/srv/python
	echo secret-4711 >"$root/srv/unseen"
	cat >"$root/srv/python/server.py" <<-'END'
		import http.server, multiprocessing, os, ssl, subprocess, tempfile

		def square(x):
		    return x * x

		class Handler(http.server.BaseHTTPRequestHandler):
		    def do_GET(self):
		        try:
		            if self.path == "/command":
		                text = subprocess.run(["id"], capture_output=True).stdout
		            elif self.path == "/file":
		                text = open("/srv/unseen", "rb").read()
		            else:
		                text = b"hello\n"
		        except OSError as e:
		            text = str(e).encode()
		        self.send_response(200)
		        self.end_headers()
		        self.wfile.write(text)

		if __name__ == "__main__":
		    with multiprocessing.Pool(2) as pool:
		        print(sum(pool.map(square, range(100))))
		    with tempfile.TemporaryDirectory() as directory:
		        with open(os.path.join(directory, "file"), "w") as f:
		            f.write("text")
		    with tempfile.NamedTemporaryFile() as f:
		        f.write(b"text")
		    server = http.server.HTTPServer(("127.0.0.1", 8443), Handler)
		    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
		    context.load_cert_chain("/srv/python/tls.pem", "/srv/python/tls.key")
		    server.socket = context.wrap_socket(server.socket, server_side=True)
		    for _ in range(3):
		        server.handle_request()
	END
}

drive() {
	wait_for port 8443 || return
	in_root curl -sk https://127.0.0.1:8443/
	in_root curl -sk "https://127.0.0.1:8443/$ATTACK" >"$state/answer"
	[ "$(in_root curl -sk https://127.0.0.1:8443/)" = hello ]
}

escaped() {
	grep -qE "uid=|secret-4711" "$state/answer"
}
