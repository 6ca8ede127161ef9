// npm start: from a fresh clone to an answer. Without arguments a bundled sample is inspected and its report written;
// `npm start -- inspect my.onnx` and everything else goes to the command line as it is.
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root, run, tryRun } from './install.mjs';

ensureInstalled();
if (isStale()) {
  console.log('Building …');
  run('node', ['scripts/build.mjs']);
}

const cli = join(root, 'dist', 'cli.js');
const asked = process.argv.slice(2);
if (asked.length > 0) process.exit(tryRun('node', [cli, ...asked]).status ?? 1);

const sample = 'samples/two_moons/mlp.onnx';
const report = 'lipschitz-report.html';
console.log(`Inspecting ${sample} …\n`);
run('node', [cli, 'report', sample, '--out', report]);
console.log(`Open ${join(root, report)} in a browser, or inspect a model of your own: npm start -- inspect my.onnx`);

/** Whether a source file is newer than what was built. */
function isStale() {
  const built = join(root, 'dist', 'cli.js');
  if (!existsSync(built)) return true;
  const since = statSync(built).mtimeMs;
  const sources = ['core', 'extension', 'webview', 'scripts'].flatMap((folder) =>
    readdirSync(join(root, folder), { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()),
  );
  return [...sources.map(({ parentPath, name }) => join(parentPath, name)), join(root, 'package.json')].some(
    (path) => statSync(path).mtimeMs > since,
  );
}
