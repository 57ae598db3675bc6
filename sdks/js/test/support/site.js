// A game's own web server: its pages, the package, and on the API's paths samples/worker.js with the secret key.

import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";

import worker from "../../samples/worker.js";

const TYPES = { ".js": "text/javascript", ".html": "text/html" };

export class Site {
  #server = createServer((request, response) => {
    this.#answer(request, response).catch((error) => response.destroy(error));
  });
  #directory;
  #pages;
  /** The environment of samples/worker.js. */
  env = {};

  /** Serves a directory, and these pages by their paths. */
  static async start(directory, pages) {
    const site = new Site();
    site.#directory = directory;
    site.#pages = pages;
    await new Promise((resolve) => site.#server.listen(0, "127.0.0.1", resolve));
    return site;
  }

  /** Under another name than the API's, so that browsers take the two for different sites. */
  get url() {
    return `http://localhost:${this.#server.address().port}`;
  }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async #answer(request, response) {
    const { pathname } = new URL(request.url, this.url);
    if (pathname.startsWith("/api/v1/")) return this.#work(request, response);
    const type = TYPES[extname(pathname)] ?? "text/plain";
    const read = () => readFile(join(this.#directory, normalize(pathname))).catch(() => null);
    const content = this.#pages[pathname] ?? (await read());
    response.writeHead(content === null ? 404 : 200, { "Content-Type": type }).end(content);
  }

  async #work(request, response) {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = chunks.length ? Buffer.concat(chunks) : undefined;
    const headers = { "Idempotency-Key": request.headers["idempotency-key"] ?? "" };
    const asked = new Request(this.url + request.url, { method: request.method, headers, body });
    const answer = await worker.fetch(asked, this.env);
    response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
  }
}
