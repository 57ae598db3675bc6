"""Checks the API against its own document, with what others make of that: a client by
openapi-python-client, and the requests of schemathesis.

    target/api/bin/python tests/api/check.py

RANKORA_BINARY names another server than the debug build, RANKORA_SEED other requests.
"""

import json
import os
import subprocess
import sys
import tempfile
import urllib.request
from pathlib import Path

from world import World

ROOT = Path(__file__).resolve().parents[2]
BINARY = os.environ.get("RANKORA_BINARY", ROOT / "target/debug/rankora")
TOOLS = Path(sys.executable).parent
# Of each operation, and of sequences of operations.
EXAMPLES = 25
SECONDS = 300


def probe(world, kind, directory):
    """Runs schemathesis with a key; gives whether it found nothing."""
    command = [
        TOOLS / "schemathesis", "run",
        f"{world.url}/api/v1/openapi.json", "--header", f"Authorization: Bearer {world.keys[kind]}",
        "--checks", "all", "--phases", "examples,coverage,fuzzing,stateful", "--max-examples", str(EXAMPLES),
        "--seed", os.environ.get("RANKORA_SEED", "1"), "--generation-database", "none", "--no-color",
        # It never ends. The server's own tests read it.
        "--exclude-path", "/realtime",
    ]  # fmt: skip
    print(f"schemathesis with a {kind} key", flush=True)
    environment = os.environ | {"SCHEMATHESIS_HOOKS": str(Path(__file__).with_name("hooks.py"))}
    finished = subprocess.run([str(part) for part in command], cwd=directory, env=environment, timeout=SECONDS)
    return finished.returncode == 0


def generate(world, directory):
    """Makes a client from the document, and calls each operation with it."""
    with urllib.request.urlopen(f"{world.url}/api/v1/openapi.json") as answer:
        document = json.load(answer)
    described = sum(len(methods) for methods in document["paths"].values())
    path = Path(directory, "openapi.json")
    path.write_text(json.dumps(document))
    output = Path(directory, "rankora_client")
    options = ["--meta", "none", "--config", Path(__file__).with_name("client.yaml"), "--fail-on-warning"]
    command = [TOOLS / "openapi-python-client", "generate", "--path", path, "--output-path", output, *options]
    subprocess.run([str(part) for part in command], check=True)
    sys.path.insert(0, directory)
    from client import call_everything

    called = call_everything(world)
    if called != described:
        sys.exit(f"the client called {called} of {described} operations")
    print(f"generated client: {called} operations", flush=True)


def main():
    with World(BINARY) as world, tempfile.TemporaryDirectory(prefix="rankora-client-") as directory:
        generate(world, directory)
        found = [kind for kind in ("secret", "publishable", "management") if not probe(world, kind, directory)]
    if found:
        sys.exit(f"faults were found with these keys: {', '.join(found)}")


if __name__ == "__main__":
    main()
