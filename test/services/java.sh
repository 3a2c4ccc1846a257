# SPDX-License-Identifier: GPL-2.0
# shellcheck shell=bash disable=SC2034,SC2154 # scripts/services.sh uses and sets these
# Java: a small http server. With more arenas of malloc, a thread that trims one now and then reads overcommit_memory.
service=(env MALLOC_ARENA_MAX=1 java -Xmx64m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp /srv/java Server)
attacks=(command file)

prepare() {
	mkdir -p "$root"/srv/java
	echo secret-4711 >"$root/srv/unseen"
	[ -e "$root/srv/java/Server.class" ] && return
	cat >"$root/srv/java/Server.java" <<-'END'
		import com.sun.net.httpserver.*;
		import java.net.*;
		import java.nio.file.*;

		public class Server {
			static int left = 3;

			public static void main(String[] args) throws Exception {
				HttpServer server = HttpServer.create(new InetSocketAddress("127.0.0.1", 8082), 0);
				server.createContext("/", exchange -> {
					byte[] text;
					try {
						switch (exchange.getRequestURI().getPath()) {
						case "/command": text = Runtime.getRuntime().exec("id").getInputStream().readAllBytes(); break;
						case "/file": text = Files.readAllBytes(Paths.get("/srv/unseen")); break;
						default: text = "hello\n".getBytes();
						}
					} catch (Exception e) {
						text = e.toString().getBytes();
					}
					exchange.sendResponseHeaders(200, text.length);
					exchange.getResponseBody().write(text);
					exchange.close();
					if (--left == 0)
						server.stop(0);
				});
				server.start();
			}
		}
	END
	in_root javac -d /srv/java /srv/java/Server.java
}

drive() {
	wait_for port 8082 || return
	in_root curl -s http://127.0.0.1:8082/
	in_root curl -s "http://127.0.0.1:8082/$ATTACK" >"$state/answer"
	in_root curl -s http://127.0.0.1:8082/ | grep hello
}

escaped() {
	grep -qE "uid=|secret-4711" "$state/answer"
}
