import { defineConfig } from 'vitest/config';

/** Measurements, one after another: they print figures and fail only when the thing measured does not work. */
export default defineConfig({
  test: {
    include: ['test/bench/*.bench.ts'],
    testTimeout: 600_000,
    hookTimeout: 600_000,
    fileParallelism: false,
    pool: 'forks',
  },
});
