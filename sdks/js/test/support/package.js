// The package as it is published: packed, and unpacked as an app would have it.

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

export class InstalledPackage {
  /** An app's directory, in whose `node_modules` the package is. */
  directory = mkdtempSync(join(tmpdir(), "rankora-js-app-"));

  constructor() {
    const run = (command, ...args) => execFileSync(command, args, { cwd: root, stdio: ["ignore", "ignore", "pipe"] });
    run("npm", "pack", "--pack-destination", this.directory);
    const { name, version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const path = join(this.directory, "node_modules", name);
    mkdirSync(path, { recursive: true });
    run("tar", "-xzf", join(this.directory, `${name}-${version}.tgz`), "-C", path, "--strip-components=1");
    const app = { type: "module", dependencies: { [name]: version } };
    writeFileSync(join(this.directory, "package.json"), JSON.stringify(app));
  }

  /** What a page needs to import the package by its name, from `node_modules` at the root of the page's server. */
  importMap() {
    const { name, exports } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
    const modules = Object.entries(exports).filter(([, target]) => target.default);
    const imports = modules.map(([path, target]) => [join(name, path), join("/node_modules", name, target.default)]);
    return { imports: Object.fromEntries(imports) };
  }

  remove() {
    rmSync(this.directory, { recursive: true });
  }
}
