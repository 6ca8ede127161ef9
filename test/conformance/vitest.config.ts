import { defineConfig } from 'vitest/config';

/** npm run conformance: the examples of the ONNX specification with 10,000 pairs each; writes docs/conformance.md. */
export default defineConfig({
  test: {
    include: ['test/conformance/conformance.run.ts'],
    testTimeout: 7_200_000,
    pool: 'forks',
    env: { ORT_DISABLE_TELEMETRY: '1' },
  },
});
