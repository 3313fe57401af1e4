// How the browser tests run: a daemon for each file, two files at a time, and nothing shared between them.

import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    include: ['e2e/**/*.e2e.ts'],
    globalSetup: 'e2e/harness/programs.ts',
    pool: 'forks',
    maxWorkers: 2,
    // Generous: a test that waits this long has failed, and a busy machine must not make it fail.
    testTimeout: 90_000,
    hookTimeout: 120_000,
    expect: { poll: { timeout: 20_000, interval: 50 } },
  },
});
