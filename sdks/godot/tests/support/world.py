"""A real server with a private Redis, a network in front of it that can break, and a way for tests to steer both."""

import json
import shutil
import socket
import ssl
import struct
import subprocess
import tempfile
import threading
import unicodedata
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path


WISHES = ("board", "manage", "kill", "restart", "break_network", "composed", "bits")


class World:
    """`with World(binary, plans) as world`: tests send their wishes to `world.control_url`."""

    def __init__(self, binary, plans, certificate):
        self._binary = str(binary)
        self._directory = Path(tempfile.mkdtemp(prefix="rankora-godot-server-"))
        self._plans = self._directory / "plans.toml"
        self._plans.write_text("\n".join(path.read_text() for path in plans))
        self._management = {}
        self._process = None
        self._port = free_port()
        self._network = Network(self._port)
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(certificate / "server.crt", certificate / "server.key")
        self._secure_network = Network(self._port, tls)

    def __enter__(self):
        self.restart()
        self._control = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        threading.Thread(target=self._control.serve_forever, daemon=True).start()
        self.control_url = f"http://127.0.0.1:{self._control.server_port}"
        return self

    def __exit__(self, *_):
        self._control.shutdown()
        self._network.close()
        self._secure_network.close()
        self._process.terminate()
        self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    # What tests can wish for; each takes and gives an object.

    def board(self, plan="everything", account="", **settings):
        """A new leaderboard with a key of each kind."""
        board = self.manage(plan, "POST", "/leaderboards", {"name": "Test board", **settings}, account)
        keys = {}
        for kind in ("secret", "publishable"):
            wanted = {"kind": kind, "label": "test"}
            keys[kind] = self.manage(plan, "POST", f"/leaderboards/{board['id']}/keys", wanted, account)
        return {
            "id": board["id"],
            "secret": keys["secret"]["key"],
            "publishable": keys["publishable"]["key"],
            "publishable_id": keys["publishable"]["id"],
            "management": self._key(plan, account),
            "base_url": f"http://127.0.0.1:{self._port}",
            "network_url": f"http://127.0.0.1:{self._network.port}",
            "secure_url": f"https://localhost:{self._secure_network.port}",
            "wrong_name_url": f"https://127.0.0.1:{self._secure_network.port}",
        }

    def manage(self, plan, method, path, body=None, account=""):
        """A request with the management key of the plan's account, or of another one on that plan."""
        request = urllib.request.Request(
            f"http://127.0.0.1:{self._port}/api/v1{path}",
            method=method,
            headers={"Authorization": f"Bearer {self._key(plan, account)}", "Content-Type": "application/json"},
            data=None if body is None else json.dumps(body).encode(),
        )
        for attempt in range(10):
            try:
                with urllib.request.urlopen(request) as response:
                    return json.load(response)
            except urllib.error.HTTPError as refused:
                # The plan's limits hold for this key as well.
                if refused.code != 429 or attempt == 9:
                    raise RuntimeError(f"{method} {path}: {refused.code} {refused.read()}") from refused
                threading.Event().wait(1)

    def kill(self):
        """Ends the server without any warning to itself or to its clients."""
        self._process.kill()
        self._process.wait()
        return {}

    def restart(self):
        """Starts it, at the same address and with the same data."""
        command = [*self._options("serve"), "--listen", f"127.0.0.1:{self._port}"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in self._process.stderr:
            if "Redis is ready" in line:
                threading.Thread(target=self._process.stderr.read, daemon=True).start()
                return {}
        raise RuntimeError("the server ended before it was ready")

    def break_network(self):
        """Cuts each connection that goes through the network."""
        return {"cut": self._network.cut()}

    def composed(self, texts):
        """Texts in Unicode's composed form; null for one with a character that this Python doesn't know yet."""

        def is_known(text):
            return all(unicodedata.category(character) != "Cn" for character in text)

        return {"texts": [unicodedata.normalize("NFC", text) if is_known(text) else None for text in texts]}

    def bits(self, numbers):
        """The 64 bits of the floats that JSON numbers are, in hexadecimal."""
        return {"bits": [struct.pack(">d", float(json.loads(number))).hex() for number in numbers]}

    def _key(self, plan, name):
        account = f"{plan}{name}@example.org"
        if account not in self._management:
            self._admin("account", "create", "--email", account, "--plan", plan, "--json")
            self._management[account] = self._admin("account", "key", "create", "--account", account, "--json")["key"]
        return self._management[account]

    def _options(self, command):
        plans = ["--plans-file", str(self._plans), "--default-plan", "everything"]
        return [self._binary, command, "--data-dir", str(self._directory / "data"), *plans]

    def _admin(self, *args):
        return json.loads(subprocess.run([*self._options("admin"), *args], check=True, capture_output=True).stdout)

    def _handler(world):
        wishes = {name: getattr(world, name) for name in WISHES}

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                wish = json.loads(self.rfile.read(int(self.headers["content-length"])) or "{}")
                try:
                    status, answer = 200, wishes[self.path[1:]](**wish)
                except Exception as error:
                    status, answer = 500, {"error": str(error)}
                body = json.dumps(answer).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_):
                pass

        return Handler


class Network:
    """Passes connections on to a port, until they are cut; with TLS, without it from there on."""

    def __init__(self, port, tls=None):
        self._to = port
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._open = []
        threading.Thread(target=self._accept, daemon=True).start()

    def cut(self):
        cut, self._open = self._open, []
        for end in cut:
            try:
                end.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        return len(cut) // 2

    def close(self):
        self._listener.close()
        self.cut()

    def _accept(self):
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near):
        try:
            if self._tls:
                near = self._tls.wrap_socket(near, server_side=True)
            far = socket.create_connection(("127.0.0.1", self._to))
        except OSError:
            near.close()
            return
        self._open += [near, far]
        threading.Thread(target=pass_on, args=(near, far), daemon=True).start()
        pass_on(far, near)


def pass_on(source, target):
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass
    for end in (source, target):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]
