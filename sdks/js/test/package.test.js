// What is published: small, whole, and nothing else.

import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";

import { buildSync } from "esbuild";

import * as sdk from "../src/index.js";
import { Management } from "../src/management.js";

const root = fileURLToPath(new URL("..", import.meta.url));
const read = (path) => readFileSync(new URL(path, new URL("..", import.meta.url)), "utf8");

/** Bytes of a program that uses these, minified and compressed, and its text. */
function bundled(program) {
  const stdin = { contents: program, resolveDir: root };
  const { outputFiles } = buildSync({ stdin, bundle: true, minify: true, format: "esm", target: "es2022", write: false });
  const [{ contents, text }] = outputFiles;
  return { bytes: gzipSync(contents, { level: 9 }).length, text };
}

test("all of it that a game needs takes no more than 6 KiB", (t) => {
  const { bytes } = bundled('export * from "./src/index.js"');
  t.diagnostic(`${bytes} bytes, minified and compressed with gzip`);
  assert.ok(bytes <= 6 * 1024, `${bytes} bytes`);
});

test("who doesn't manage takes nothing of what manages, and who does takes no more than that", (t) => {
  const game = bundled('export * from "./src/index.js"');
  const management = bundled('export * from "./src/management.js"');
  t.diagnostic(`the management alone: ${management.bytes} bytes`);
  assert.ok(management.bytes < 2.25 * 1024, `${management.bytes} bytes`);
  for (const own of ["/leaderboards", "createKey", "sort_order"]) {
    assert.ok(!game.text.includes(own) && management.text.includes(own), own);
  }
  for (const foreign of ["Last-Event-ID", "rankora.queue", "NumberFormat", "leaderboard/entries"]) {
    assert.ok(!management.text.includes(foreign), foreign);
  }
});

test("who uses a part takes that part", (t) => {
  const client = bundled('export { Rankora } from "./src/index.js"');
  t.diagnostic(`the client alone: ${client.bytes} bytes`);
  assert.ok(client.bytes < 3.25 * 1024, `${client.bytes} bytes`);
  for (const foreign of ["Last-Event-ID", "rankora.queue", "NumberFormat"]) assert.ok(!client.text.includes(foreign), foreign);
  const format = bundled('export { formatScore } from "./src/index.js"');
  assert.ok(format.bytes < 512, `${format.bytes} bytes`);
});

test("it runs without anything else, and names nothing of one runtime", () => {
  const { dependencies, peerDependencies, type, sideEffects, engines } = JSON.parse(read("package.json"));
  assert.deepEqual([dependencies, peerDependencies, type, sideEffects], [undefined, undefined, "module", false]);
  assert.equal(engines.node, ">=20");
  const { text } = bundled('export * from "./src/index.js"');
  assert.doesNotMatch(text, /\b(require|process|Buffer|Deno|Bun|window|document)\b\s*[.([]/);
  assert.doesNotMatch(text, /from\s*"|import\s*\(/);
});

test("what is packed is the sources, the types, and what explains them", () => {
  const listing = execFileSync("npm", ["pack", "--dry-run", "--json"], { cwd: root, encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
  const parsed = JSON.parse(listing);
  const [{ files }] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  const paths = files.map(({ path }) => path).sort();
  const sources = ["client", "connection", "error", "fold", "format", "index", "live", "management", "naming", "platform", "player", "queue", "stream", "time", "validate"];
  const samples = ["browser.html", "node.js", "react.jsx", "worker.js"];
  const rest = ["CHANGELOG.md", "LICENSE", "LICENSE-APACHE", "LICENSE-MIT", "README.md", "index.d.ts", "management.d.ts", "package.json"];
  assert.deepEqual(paths, [...rest, ...samples.map((name) => `samples/${name}`), ...sources.map((name) => `src/${name}.js`)].sort());
});

test("the licence is that of the server, and the version is in the changelog", () => {
  for (const name of ["LICENSE", "LICENSE-APACHE", "LICENSE-MIT"]) assert.equal(read(name), read(`../../${name}`));
  assert.match(read("CHANGELOG.md"), new RegExp(`^## ${JSON.parse(read("package.json")).version}`, "m"));
});

test("what is exported is what the README speaks of", () => {
  const methods = Object.getOwnPropertyNames(Management.prototype).filter((name) => name !== "constructor");
  for (const name of [...Object.keys(sdk), "Management", ...methods]) assert.ok(read("README.md").includes(name), name);
});
