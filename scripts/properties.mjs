// npm run properties [-- TIMES [FILE …]]: the tests that draw their cases, with new ones and TIMES (10) as many. Looks for what `npm test`, which draws the same ones each time, cannot see.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root, tryRun } from './install.mjs';

ensureInstalled();
const [times = '10', ...files] = process.argv.slice(2);
process.env.LIPSCHITZ_TIMES = times;
process.exitCode = tryRun('npx', ['vitest', 'run', ...(files.length > 0 ? files : drawing())]).status ?? 1;

/** The files with properties: the others would only say again what `npm test` says. */
function drawing() {
  return readdirSync(join(root, 'test'), { recursive: true })
    .filter((name) => name.endsWith('.test.ts'))
    .map((name) => join('test', name))
    .filter((path) => readFileSync(join(root, path), 'utf8').includes("from 'fast-check'"));
}
