// The package as it is published, installed and used on each runtime that there is.

import assert from "node:assert/strict";
import { execFile, execFileSync } from "node:child_process";
import { copyFileSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

import { InstalledPackage } from "./support/package.js";
import { Server } from "./support/server.js";

let [server, installed] = [];

before(async () => {
  installed = new InstalledPackage();
  copyFileSync(fileURLToPath(new URL("support/smoke.js", import.meta.url)), join(installed.directory, "smoke.js"));
  server = await Server.start();
});
after(async () => {
  await server?.stop();
  installed?.remove();
});

/** The runtimes' programs lie in packages of their own, one for each system. */
function candidates(scope, path) {
  const directory = fileURLToPath(new URL(`runtimes/node_modules/${scope}`, import.meta.url));
  try {
    return readdirSync(directory).map((name) => join(directory, name, path));
  } catch {
    return [];
  }
}

const RUNTIMES = [
  { name: "Node.js", programs: [process.execPath], args: [] },
  {
    name: "Deno",
    programs: [...candidates("@deno", "deno"), "deno"],
    // Nothing but this network and the one program: what else it asked for would end it.
    args: ["run", "--quiet", "--no-prompt", "--no-config", "--node-modules-dir=manual", "--cached-only", "--allow-net=127.0.0.1"],
  },
  { name: "Bun", programs: [...candidates("@oven", "bin/bun"), "bun"], args: ["run", "--no-install"] },
];

/** The first that runs, with its version. */
function found(programs) {
  for (const program of programs) {
    try {
      const said = execFileSync(program, ["--version"], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
      return { program, version: said.split("\n")[0] };
    } catch {
      // Not there, or for another kind of processor.
    }
  }
  return undefined;
}

for (const { name, programs, args } of RUNTIMES) {
  test(`on ${name} it submits, lists, follows live, and manages`, async (t) => {
    const runtime = found(programs);
    if (!runtime) return t.skip(`${name} isn't installed: neither in test/runtimes nor in PATH`);
    t.diagnostic(`${name}: ${runtime.version}`);
    const board = await server.board({ name: "Smoke" });
    const { key } = server.management("everything");
    const given = ["smoke.js", server.baseUrl, board.secret.key, board.publishable.key, key];
    const run = promisify(execFile)(runtime.program, [...args, ...given], { cwd: installed.directory, timeout: 60_000 });
    const { stdout, stderr } = await run;
    assert.equal(stderr, "");
    assert.deepEqual(JSON.parse(stdout), {
      rank: 1,
      listed: [{ name: "Ada", score: 10, metadata: { level: 3 }, isCurrentPlayer: true }],
      refusal: [true, "forbidden", 403],
      live: ["live", 2, ["1 Bob", "2 Ada"]],
      managed: true,
    });
  });
}
