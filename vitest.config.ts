import { availableParallelism } from 'node:os';
import { defineConfig } from 'vitest/config';

/** Set by `npm run properties`. */
const moreCases = process.env['LIPSCHITZ_TIMES'] !== undefined;

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    exclude: ['test/e2e/**', 'test/bench/**', 'node_modules/**'],
    // Against what hangs only: a machine that is busy with something else takes its time, and no test is about that.
    testTimeout: moreCases ? 0 : 180_000,
    hookTimeout: 180_000,
    // A busy machine makes a page or a worker late now and then; what is really broken fails twice, and `npm test` names what failed once.
    retry: moreCases ? 0 : 1,
    // A page on a busy machine takes its time.
    expect: { poll: { timeout: 30_000 } },
    setupFiles: [`test/properties/${moreCases ? 'more-cases' : 'same-cases'}.ts`],
    pool: 'forks',
    // Test files leave nothing behind in the modules they load; loading these anew for each of 200 files is half of the suite's time.
    isolate: false,
    // Vitest leaves one core free, which on two is half of the machine.
    maxWorkers: Math.max(2, availableParallelism() - 1),
    // Some tests load ONNX Runtime themselves, as the truth to compare with.
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
