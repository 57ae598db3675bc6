"""Checks the SDK: its style with gdtoolkit, and what it does in the engine, against a real server.

    target/godot/checks/bin/python sdks/godot/tests/run.py [TEST…]

A TEST is a part of a test's name. RANKORA_BINARY names another server than the debug build.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from support.world import World

SDK = Path(__file__).resolve().parent.parent
ROOT = SDK.parent.parent
ENGINE = ROOT / "target/godot/godot"
TEMPLATE = ROOT / "target/godot/root/usr/bin/godot-template-release"
BINARY = os.environ.get("RANKORA_BINARY", ROOT / "target/debug/rankora")
# The engine's own words about what is wrong in a script, a scene or a call.
COMPLAINT = re.compile(r"^(SCRIPT ERROR|ERROR|WARNING|USER ERROR|USER WARNING): .*$", re.M)
# A request that is under way when its node goes leaves a trace, which the engine counts when it ends. A test shows a
# server that doesn't prove its name.
EXPECTED = re.compile(r"leaked at exit|still in use at exit|TLS handshake error")
SECONDS = 600
# What of the tests an exported game runs as well.
IN_AN_EXPORTED_GAME = ["contract:", "leaderboard:", "protocol:", "next_game"]
SECRET_KEY = "rk_sec_x"
WARNING = "this game carries a secret key"
PRESET = """[preset.0]
name="Linux"
platform="Linux"
runnable=true
export_filter="all_resources"
include_filter="contract/*.json,tls/server.crt"
export_path=""

[preset.0.options]
custom_template/release="{template}"
binary_format/embed_pck=false
"""


def check_style():
    tools = Path(sys.executable).parent
    scripts = sorted(str(path) for path in SDK.rglob("*.gd") if ".godot" not in path.parts)
    for command in (["gdparse"], ["gdlint"], ["gdformat", "--check"]):
        checked = subprocess.run([tools / command[0], *command[1:], *scripts], cwd=SDK, stdout=subprocess.DEVNULL)
        if checked.returncode != 0:
            sys.exit(f"{' '.join(command)} failed")
    print(f"style: {len(scripts)} scripts passed gdparse, gdlint and gdformat --check")


class Game:
    """A copy of the project, with a home of its own, so that nothing outside is touched."""

    def __init__(self, directory):
        self._home = directory / "home"
        self._project = directory / "project"
        self._home.mkdir()
        shutil.copytree(SDK, self._project, ignore=shutil.ignore_patterns(".godot", "__pycache__"))
        shutil.copytree(SDK.parent / "contract", self._project / "contract")
        # What the server's dashboard shows, with places for a URL and a key: no script of the project's.
        shutil.copy(ROOT / "src/http/dashboard/snippets/submit.gd", self._project / "snippet.txt")

    def open_in_the_editor(self):
        status, said = self._run(ENGINE, "--headless", "--path", self._project, "--import")
        complain("the project", status, said)
        print("project: opened by the editor, without a complaint")

    def enable_in_a_fresh_project(self):
        """Copies the addon to a project of its own, opens that, and enables the plugin there."""
        fresh = self._home / "fresh"
        shutil.copytree(SDK / "addons", fresh / "addons")
        settings = fresh / "project.godot"
        settings.write_text('config_version=5\n\n[application]\n\nconfig/name="Fresh"\n')
        complain("a fresh project", *self._run(ENGINE, "--headless", "--path", fresh, "--import"))
        shutil.copytree(SDK / "tests/support/enabler", fresh / "addons/enabler")
        enabled = 'enabled=PackedStringArray("res://addons/enabler/plugin.cfg")'
        settings.write_text(f"{settings.read_text()}\n[editor_plugins]\n\n{enabled}\n")
        status, said = self._run(ENGINE, "--headless", "--editor", "--path", fresh)
        complain("enabling the plugin", status, said)
        seen = re.findall(r"^(?:autoload|address): (.*)$", said, re.M)
        if seen[0::2] != ["true", "false"] or not seen[1].startswith("http"):
            sys.exit(f"the plugin isn't enabled and disabled as it should be: {seen}")
        print("plugin: enabled and disabled by the editor in a fresh project")

    def trust_a_certificate(self):
        """Gives the directory of a certificate that the project trusts from now on, and of its key."""
        directory = self._project / "tls"
        directory.mkdir()
        args = ["--headless", "--path", self._project, "-s", "res://tests/support/certificate.gd", "--", directory]
        complain("making a certificate", *self._run(ENGINE, *args))
        self._set("network", 'tls/certificate_bundle_override="res://tls/server.crt"')
        return directory

    def test(self, control_url, wanted):
        args = ["--headless", "--path", self._project, "res://tests/main.tscn", "--", control_url, *wanted]
        status, said = self._run(ENGINE, *args)
        print(said)
        complain("the tests", status, said)

    def export(self):
        """Exports the tests as a game with a secret key."""
        self._set("application", 'run/main_scene="res://tests/main.tscn"')
        self._set("rankora", f'server/key="{SECRET_KEY}"')
        (self._project / "export_presets.cfg").write_text(PRESET.format(template=TEMPLATE))
        pack = self._home / "game.pck"
        status, said = self._run(ENGINE, "--headless", "--path", self._project, "--export-pack", "Linux", pack)
        if status != 0 or not pack.exists() or WARNING not in said or SECRET_KEY in said:
            sys.exit(f"the export failed, or didn't warn of the secret key:\n{said}")
        print("export: the editor warned of the secret key")

    def test_exported(self, control_url):
        # A game finds its pack by its program's name, which here is that of the loader that starts it.
        loader = next(TEMPLATE.parent.parent.glob("lib/*/ld-linux*.so.*"))
        game = shutil.copy(loader, self._home / "game")
        libraries = f"{loader.parent}:{loader.parent}/pulseaudio"
        args = ["--library-path", libraries, TEMPLATE, "--headless", "--", control_url, *IN_AN_EXPORTED_GAME]
        status, said = self._run(game, *args)
        if said.count(WARNING) != 1 or SECRET_KEY in said:
            sys.exit(f"an exported game with a secret key doesn't warn of it once:\n{said}")
        # What else the engine says is left out: without a display, an exported game complains of its own containers.
        print("an exported game:\n" + "\n".join(re.findall(r"^(?:ok|FAIL| {5}|\d+ passed).*$", said, re.M)))
        if status != 0:
            sys.exit(f"the tests in an exported game failed (status {status})")

    def _set(self, section, setting):
        settings = self._project / "project.godot"
        settings.write_text(f"{settings.read_text()}\n[{section}]\n\n{setting}\n")

    def _run(self, engine, *args):
        environment = {**os.environ, "HOME": str(self._home), "XDG_DATA_HOME": f"{self._home}/data"}
        environment.pop("RANKORA_KEY", None)
        command = [str(part) for part in (engine, *args)]
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
        return ended.returncode, ended.stdout + ended.stderr


def complain(about, status, said):
    complaints = [line.group() for line in COMPLAINT.finditer(said) if not EXPECTED.search(line.group())]
    if status != 0 or complaints:
        sys.exit("\n".join([f"{about} failed (status {status})", *complaints]))


def main():
    check_style()
    with tempfile.TemporaryDirectory(prefix="rankora-godot-") as directory:
        game = Game(Path(directory))
        game.open_in_the_editor()
        if not sys.argv[1:]:
            game.enable_in_a_fresh_project()
        plans = [SDK.parent / "contract/plans.toml", SDK / "tests/plans.toml"]
        with World(BINARY, plans, game.trust_a_certificate()) as world:
            game.test(world.control_url, sys.argv[1:])
            if sys.argv[1:]:
                return
            if TEMPLATE.exists():
                game.export()
                game.test_exported(world.control_url)
            else:
                print(f"exported game: not checked, since there is no {TEMPLATE}")


if __name__ == "__main__":
    main()
