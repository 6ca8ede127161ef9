// npm run bench [-- NAME]: measures what docs/performance.md states. Nothing here gates anything.
import { ensureInstalled, run, tryRun } from './install.mjs';

ensureInstalled();
const names = process.argv.slice(2);
const needsEditor = names.length === 0 || names.includes('editor');
if (needsEditor && process.platform === 'linux') {
  run('node', ['scripts/package.mjs']);
  run('node', ['test/e2e/install.mjs']);
}
process.exitCode = tryRun('npx', ['vitest', 'run', '--config', 'test/bench/vitest.config.ts', ...names]).status ?? 1;
