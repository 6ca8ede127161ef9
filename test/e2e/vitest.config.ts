import { defineConfig } from 'vitest/config';
import { PATIENCE } from './waiting.ts';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['suites/*.e2e.ts'],
    // One VS Code at a time: two would share the machine's cores and make each other's waits fail.
    fileParallelism: false,
    testTimeout: 120_000,
    expect: { poll: { timeout: PATIENCE } },
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
