// A real server, with a private Redis in a directory of its own.

import { spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

const here = (path) => fileURLToPath(new URL(path, import.meta.url));
const BINARY = process.env.RANKORA_BINARY ?? here("../../../../target/debug/rankora");
const PLANS = ["everything", "no-streams", "slow"];

export class Server {
  #directory = mkdtempSync(join(tmpdir(), "rankora-js-"));
  #port;
  #process;
  #management = {};

  static async start() {
    const server = new Server();
    for (const plan of PLANS) {
      const account = `${plan}@example.org`;
      server.#admin("account", "create", "--email", account, "--plan", plan, "--json");
      server.#management[plan] = server.#admin("account", "key", "create", "--account", account, "--json").key;
    }
    server.#port = await freePort();
    await server.restart();
    return server;
  }

  get baseUrl() {
    return `http://127.0.0.1:${this.#port}`;
  }

  /** Starts it again, at the same address and with the same data. */
  async restart() {
    const args = [...this.#options("serve"), "--listen", `127.0.0.1:${this.#port}`];
    const env = { ...process.env, RANKORA_LOG: "info", RANKORA_LOG_FORMAT: "json" };
    this.#process = spawn(BINARY, args, { env, stdio: ["ignore", "ignore", "pipe"] });
    this.#process.ended = new Promise((resolve) => this.#process.once("exit", resolve));
    const log = createInterface({ input: this.#process.stderr });
    await new Promise((resolve, reject) => {
      log.on("line", (line) => line.includes('"Redis is ready"') && resolve());
      this.#process.once("error", reject);
      this.#process.ended.then(() => reject(new Error("the server ended before it was ready")));
    });
  }

  /** Starts it again where a test that failed has left it killed. */
  async ensureRunning() {
    if (this.#process.exitCode !== null || this.#process.signalCode !== null) await this.restart();
  }

  /** Ends it without any warning to itself or to its clients. */
  async kill(signal = "SIGKILL") {
    this.#process.kill(signal);
    await this.#process.ended;
  }

  async stop() {
    await this.kill("SIGTERM");
    rmSync(this.#directory, { recursive: true });
  }

  /** A new leaderboard with a key of each kind. */
  async board(settings = {}, plan = "everything") {
    const board = await this.manage(plan, "/leaderboards", { name: "Test board", ...settings });
    const keys = {};
    for (const kind of ["secret", "publishable"]) {
      const made = await this.manage(plan, `/leaderboards/${board.id}/keys`, { kind, label: "test" });
      keys[kind] = { baseUrl: this.baseUrl, key: made.key, id: made.id };
    }
    return { id: board.id, ...keys };
  }

  /** What an app that manages the account of a plan is configured with. */
  management(plan) {
    return { baseUrl: this.baseUrl, key: this.#management[plan] };
  }

  /** A request with the management key. */
  async manage(plan, path, body, method = body ? "POST" : "GET") {
    const response = await fetch(`${this.baseUrl}/api/v1${path}`, {
      method,
      headers: { Authorization: `Bearer ${this.#management[plan]}`, "Content-Type": "application/json" },
      ...(body && { body: JSON.stringify(body) }),
    });
    if (response.status === 429) {
      // The plan's limits hold for this key as well.
      await new Promise((resolve) => setTimeout(resolve, 1000));
      return this.manage(plan, path, body, method);
    }
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${await response.text()}`);
    return response.json();
  }

  #options(command) {
    return [command, "--data-dir", this.#directory, "--plans-file", here("plans.toml"), "--default-plan", "everything"];
  }

  #admin(...args) {
    const { status, stdout, stderr } = spawnSync(BINARY, [...this.#options("admin"), ...args], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    return JSON.parse(stdout);
  }
}

function freePort() {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const { port } = probe.address();
      probe.close(() => resolve(port));
    });
  });
}
