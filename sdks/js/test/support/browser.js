// A headless Chromium, driven over WebDriver. It ends with the test, and so does its driver.

import { spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";

import { eventually } from "./eventually.js";

const ARGUMENTS = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-dev-shm-usage",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
  // It notices by this when its driver is gone.
  "--remote-debugging-pipe",
];

export class Browser {
  #profile = mkdtempSync(join(tmpdir(), "rankora-js-browser-"));
  #driver;
  #session;

  static async start() {
    const browser = new Browser();
    try {
      await browser.#start();
    } catch (error) {
      await browser.stop();
      throw error;
    }
    return browser;
  }

  /** What a browser calls itself. */
  version = "";

  async open(url) {
    await this.#command("POST", "/url", { url });
  }

  async reload() {
    await this.#command("POST", "/refresh", {});
  }

  /** What an asynchronous function returns that is called in the page with these arguments. */
  async run(program, ...given) {
    // Errors have no text of their own as JSON.
    const script = `const [given, done] = arguments;
      Promise.resolve().then(() => (${program})(...given)).then(
        (value) => done({ value }),
        (error) => done({ error: String(error.stack ?? error) }));`;
    const { value, error } = await this.#command("POST", "/execute/async", { script, args: [given] });
    if (error) throw new Error(error);
    return value;
  }

  /** Waits until a function in the page returns something true, and returns that. */
  until(what, program, ...given) {
    return eventually(what, () => this.run(program, ...given));
  }

  /** What stands on the console since this was asked last: `{ level, message }`. */
  console() {
    return this.#command("POST", "/se/log", { type: "browser" });
  }

  /** Takes the network away, or gives it back. */
  async setOnline(isOnline) {
    const network_conditions = { offline: !isOnline, latency: 0, throughput: 100_000_000 };
    await this.#command("POST", "/chromium/network_conditions", { network_conditions });
  }

  async stop() {
    if (this.#session) await this.#command("DELETE", "").catch(() => {});
    this.#end();
    await this.#driver.ended;
    rmSync(this.#profile, { recursive: true, maxRetries: 10 });
  }

  async #start() {
    // In a process group of its own, in which the browser will be as well.
    this.#driver = spawn("chromedriver", ["--port=0"], { detached: true, stdio: ["ignore", "pipe", "ignore"] });
    process.once("exit", this.#end);
    this.#driver.ended = new Promise((resolve) => this.#driver.once("close", resolve).once("error", resolve));
    const port = await new Promise((resolve, reject) => {
      createInterface({ input: this.#driver.stdout }).on("line", (line) => {
        const port = /started successfully on port (\d+)/.exec(line)?.[1];
        if (port) resolve(port);
      });
      const reason = "chromedriver doesn't run; scripts/setup.sh --js installs it";
      this.#driver.ended.then(() => reject(new Error(reason)));
    });
    this.#session = `http://127.0.0.1:${port}/session`;
    const args = [...ARGUMENTS, `--user-data-dir=${this.#profile}`];
    const alwaysMatch = { "goog:chromeOptions": { args }, "goog:loggingPrefs": { browser: "ALL" } };
    const { sessionId, capabilities } = await this.#command("POST", "", { capabilities: { alwaysMatch } });
    this.#session += `/${sessionId}`;
    this.version = `${capabilities.browserName} ${capabilities.browserVersion}`;
  }

  #end = () => {
    process.removeListener("exit", this.#end);
    try {
      if (this.#driver.pid) process.kill(-this.#driver.pid, "SIGKILL");
    } catch {
      // It has ended.
    }
  };

  async #command(method, path, body) {
    const response = await fetch(this.#session + path, { method, ...(body && { body: JSON.stringify(body) }) });
    const { value } = await response.json();
    if (!response.ok) throw new Error(`${method} ${path}: ${value.error}: ${value.message}`);
    return value;
  }
}
