import { defineConfig } from 'vitest/config';
import { PATIENCE } from './waiting.ts';

export default defineConfig({
  test: {
    root: import.meta.dirname,
    include: ['suites/*.e2e.ts'],
    // One VS Code at a time: two would share the machine's cores and make each other's waits fail.
    fileParallelism: false,
    // The harness is loaded once: suites leave nothing behind in it.
    isolate: false,
    testTimeout: 240_000,
    // A busy machine loses a click or a key now and then; what is really broken fails every time, and `npm test` names what failed once.
    retry: 2,
    expect: { poll: { timeout: PATIENCE } },
    hookTimeout: 180_000,
    teardownTimeout: 30_000,
  },
});
