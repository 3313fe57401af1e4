// Holds the size budget: all JavaScript of the console, gzipped. More than that fails the build.

import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';

const BUDGET_KB = 250;
const assets = new URL('../dist/assets/', import.meta.url);
const sizes = readdirSync(assets)
  .filter((name) => name.endsWith('.js'))
  .map((name) => [name, gzipSync(readFileSync(new URL(name, assets)), { level: 9 }).length]);
const total = sizes.reduce((sum, [, size]) => sum + size, 0) / 1024;
console.log(`JavaScript, gzipped: ${total.toFixed(1)} KB of ${BUDGET_KB} KB`);
if (sizes.length === 0 || total > BUDGET_KB) {
  for (const [name, size] of sizes) console.error(`  ${name}: ${(size / 1024).toFixed(1)} KB`);
  console.error('The console is over its size budget: see what was added with `npx vite build --sourcemap`.');
  process.exit(1);
}
