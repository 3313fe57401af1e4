// Puts a compressed copy, NAME.gz, beside each file of the build that is worth it. The daemon embeds both, and
// compresses nothing while it runs.

import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const dist = new URL('../dist/', import.meta.url);
// Fonts and pictures are compressed already.
const worthIt = /\.(html|js|css|svg|json|txt|webmanifest)$/;

for (const name of readdirSync(dist, { recursive: true }).filter((name) => worthIt.test(name))) {
  const file = new URL(name, dist);
  if (!statSync(file).isFile()) continue;
  const plain = readFileSync(file);
  const compressed = gzipSync(plain, { level: 9 });
  if (compressed.length < 0.9 * plain.length) writeFileSync(new URL(`${name}.gz`, dist), compressed);
}
