// npm test: the whole suite on a fresh clone. Types, style, unit tests, then the packed extension in a real VS Code.
// The last line counts what passed and failed.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root, runBeside, tryRun } from './install.mjs';

ensureInstalled();

const results = join(root, '.cache', 'results');
rmSync(results, { recursive: true, force: true });
mkdirSync(results, { recursive: true });
let passed = 0;
let failed = 0;
let skipped = 0;

// Each keeps one core busy, or waits for the disk: beside each other they take half the time.
console.log('Types, style and what the end-to-end tests run in, beside each other …');
const onLinux = process.platform === 'linux';
const [, , editor] = await Promise.all([
  stepBeside('types', 'npm', ['run', '--silent', 'typecheck']),
  stepBeside('style', 'npm', ['run', '--silent', 'lint']),
  onLinux && stepBeside('VS Code server and browser', 'node', ['test/e2e/install.mjs']),
]);
step('build', 'node', ['scripts/build.mjs']);
suite('unit', 'vitest.config.ts');
if (!onLinux) console.log('End-to-end tests are skipped: they need Linux here; elsewhere use npm run test:desktop.');
else if (step('package', 'node', ['scripts/package.mjs']) && editor) suite('end to end', 'test/e2e/vitest.config.ts');

console.log(`${passed} passed, ${failed} failed${skipped === 0 ? '' : `, ${skipped} skipped`}`);
process.exitCode = failed === 0 ? 0 : 1;

function step(name, command, args) {
  console.log(`\n▸ ${name}`);
  return counted(name, tryRun(command, args).status);
}

/** What it says comes when it has ended, in one piece. */
async function stepBeside(name, command, args) {
  const { status, output } = await runBeside(command, args);
  console.log(`\n▸ ${name}\n${output}`.trimEnd());
  return counted(name, status);
}

function counted(name, status) {
  if (status === 0) passed++;
  else {
    failed++;
    console.log(`✗ ${name} failed`);
  }
  return status === 0;
}

function suite(name, config) {
  console.log(`\n▸ ${name} tests`);
  const file = join(results, `${name.replaceAll(' ', '-')}.json`);
  const { status } = tryRun('npx', [
    'vitest',
    'run',
    '--config',
    config,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${file}`,
  ]);
  const counts = countsOf(file);
  for (const { name, why } of counts.late) console.log(`! passed only when it was tried again: ${name}\n  ${why}`);
  passed += counts.passed;
  skipped += counts.skipped;
  // A file that does not even load counts no test, but it is a failure all the same.
  failed += status === 0 ? 0 : Math.max(1, counts.failed);
}

function countsOf(file) {
  try {
    const { numPassedTests, numFailedTests, numPendingTests, testResults } = JSON.parse(readFileSync(file, 'utf8'));
    const late = testResults
      .flatMap(({ assertionResults }) => assertionResults)
      .filter(({ status, failureMessages }) => status === 'passed' && failureMessages.length > 0)
      .map(({ fullName, failureMessages }) => ({ name: fullName, why: failureMessages[0] }));
    return { passed: numPassedTests, failed: numFailedTests, skipped: numPendingTests, late };
  } catch {
    return { passed: 0, failed: 0, skipped: 0, late: [] };
  }
}
