// npm run conformance: follows the ONNX project's examples, prints counts and writes docs/conformance.md. CONFORMANCE_PAIRS: pairs per example.
import { ensureInstalled, tryRun } from './install.mjs';

ensureInstalled();
process.exitCode = tryRun('npx', ['vitest', 'run', '--config', 'test/conformance/vitest.config.ts']).status ?? 1;
