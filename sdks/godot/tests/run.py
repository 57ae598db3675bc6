"""Checks the SDK: its style with gdtoolkit, and what it does in the engine, against a real server.

    target/godot/checks/bin/python sdks/godot/tests/run.py [TEST…]

A TEST is a part of a test's name. RANKORA_BINARY names another server than the debug build, GODOT another engine.
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
ENGINE = os.environ.get("GODOT", ROOT / "target/godot/godot")
BINARY = os.environ.get("RANKORA_BINARY", ROOT / "target/debug/rankora")
# The engine's own words about what is wrong in a script, a scene or a call.
COMPLAINT = re.compile(r"^(SCRIPT ERROR|ERROR|WARNING|USER ERROR|Parse Error)|Leaked instance|ObjectDB instances leaked", re.M)
SECONDS = 300


def check_style():
    tools = Path(sys.executable).parent
    scripts = sorted(str(path) for path in SDK.rglob("*.gd") if ".godot" not in path.parts)
    for command in (["gdparse"], ["gdlint"], ["gdformat", "--check"]):
        checked = subprocess.run([tools / command[0], *command[1:], *scripts], cwd=SDK, stdout=subprocess.DEVNULL)
        if checked.returncode != 0:
            sys.exit(f"{' '.join(command)} failed")
    print(f"style: {len(scripts)} scripts passed gdparse, gdlint and gdformat --check")


def engine(home, project, *args):
    """Runs the engine on a copy of the project, with a home of its own, so that nothing outside is touched."""
    environment = {**os.environ, "HOME": str(home), "XDG_DATA_HOME": f"{home}/data"}
    environment.pop("RANKORA_KEY", None)
    command = [ENGINE, "--headless", *os.environ.get("ENGINE_ARGS", "").split(), "--path", str(project), *args]
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=SECONDS)
    return ended.returncode, ended.stdout + ended.stderr


def main():
    check_style()
    with tempfile.TemporaryDirectory(prefix="rankora-godot-") as directory:
        home, project = Path(directory, "home"), Path(directory, "project")
        ignored = shutil.ignore_patterns(".godot", "__pycache__")
        shutil.copytree(SDK, project, ignore=ignored)
        shutil.copytree(SDK.parent / "contract", project / "contract")
        status, said = engine(home, project, "--import")
        if status != 0 or COMPLAINT.search(said):
            sys.exit(f"the engine complains about the project:\n{said}")
        print("project: opened by the editor, without a complaint")
        with World(BINARY, [SDK.parent / "contract/plans.toml", SDK / "tests/plans.toml"]) as world:
            args = ["res://tests/main.tscn", "--", world.control_url, *sys.argv[1:]]
            status, said = engine(home, project, *args)
    print(said)
    if status != 0:
        sys.exit(status or 1)


if __name__ == "__main__":
    main()
