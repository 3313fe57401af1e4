// Builds a plugin: node build.mjs DIRECTORY WORLD WIT OUTPUT
//
// `jco componentize` makes the component. Only its `wasi:http` needs help: the engine is started once at build
// time, with every import of the world a trap and its own WASI put over them, and then the streams of
// `wasi:http` are no longer those of `wasi:io` ("mismatched resource types"; componentize-qjs 0.4.5). So the
// plugin is built against the same interfaces under a package name that no WASI has, and in the finished
// component the imports get their name back.

import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

// As long as `wasi:`, so that nothing moves when it gets its name back.
const [WASI, STAND_IN] = ["wasi:", "wasj:"];
// The section of a component that holds its imports.
const IMPORTS = 10;

const [directory, world, wit, output] = process.argv.slice(2);
if (!output) {
  console.error("usage: node build.mjs DIRECTORY WORLD WIT OUTPUT");
  process.exit(64);
}
const stage = mkdtempSync(join(tmpdir(), "plugin-"));
try {
  const ours = (path) => !path.includes("node_modules") && !path.startsWith(".git");
  cpSync(directory, join(stage, "source"), { recursive: true, filter: (path) => ours(relative(directory, path)) });
  cpSync(wit, join(stage, "wit"), { recursive: true });
  renameTexts(stage);
  const flags = ["--backend", "qjs", "--backend-qjs-disable-async"];
  // A hook needs nothing of a system: without a clock its verdict depends on the request alone.
  if (world.startsWith("hook")) flags.push("--backend-qjs-stub-wasi");
  const made = join(stage, "plugin.wasm");
  const jco = fileURLToPath(new URL("jco.js", import.meta.resolve("@bytecodealliance/jco")));
  const source = join(stage, "source", "plugin.js");
  const words = [jco, "componentize", source, ...flags, "--wit", join(stage, "wit"), "--world-name", world, "-o", made];
  execFileSync(process.execPath, words, { cwd: join(stage, "source"), stdio: ["ignore", "ignore", "inherit"] });
  writeFileSync(output, withImportsRenamed(readFileSync(made)));
} finally {
  rmSync(stage, { recursive: true, force: true });
}

function renameTexts(folder) {
  for (const name of readdirSync(folder)) {
    const path = join(folder, name);
    if (statSync(path).isDirectory()) renameTexts(path);
    else if (/\.(js|mjs|wit)$/.test(name)) {
      writeFileSync(path, readFileSync(path, "utf8").replaceAll(WASI, STAND_IN));
    }
  }
}

// A component is a header of 8 bytes, and then sections: an id, a length (LEB128), so many bytes.
function withImportsRenamed(bytes) {
  for (let at = 8; at < bytes.length; ) {
    const id = bytes[at++];
    let [length, shift, byte] = [0, 0, 0];
    do {
      byte = bytes[at++];
      length += (byte & 0x7f) * 2 ** shift;
      shift += 7;
    } while (byte & 0x80);
    if (id === IMPORTS) {
      const section = bytes.subarray(at, at + length);
      for (let found; (found = section.indexOf(STAND_IN)) >= 0; ) section.write(WASI, found);
    }
    at += length;
  }
  return bytes;
}
