"""A real server on a private Redis, with an account, a leaderboard and a key of each kind."""

import json
import shutil
import socket
import subprocess
import tempfile
import threading
from pathlib import Path


class World:
    """`with World(binary) as world`: `world.keys` has a text for each kind of key, `world.board` the id
    of the leaderboard of two of them, `world.url` is the server's.
    """

    def __init__(self, binary):
        self._binary = str(binary)
        self._directory = Path(tempfile.mkdtemp(prefix="rankora-api-"))
        with socket.create_server(("127.0.0.1", 0)) as probe:
            self._port = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self._port}"
        self._process = None

    def __enter__(self):
        try:
            self._start()
            # One account for those who manage, another for those who play: a management key may delete all it finds.
            self.keys = {"management": self._account("manager@example.org")}
            self._account("player@example.org")
            board = self._admin("leaderboard", "create", "--account", "player@example.org", "--name", "Checked")
            self.board = board["leaderboard"]["id"]
            self.keys |= {kind: board[f"{kind}_key"] for kind in ("secret", "publishable")}
            return self
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        if self._process is not None:
            self._process.terminate()
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)

    def _start(self):
        command = [*self._options("serve"), "--listen", f"127.0.0.1:{self._port}"]
        self._process = subprocess.Popen(command, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True)
        for line in self._process.stderr:
            if "Redis is ready" in line:
                threading.Thread(target=self._process.stderr.read, daemon=True).start()
                return
        raise RuntimeError("the server ended before it was ready")

    def _account(self, email):
        self._admin("account", "create", "--email", email, "--plan", "unlimited")
        return self._admin("account", "key", "create", "--account", email)["key"]

    def _options(self, command):
        return [self._binary, command, "--data-dir", str(self._directory / "data"), "--default-plan", "unlimited"]

    def _admin(self, *args):
        command = [*self._options("admin"), *args, "--json"]
        return json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
