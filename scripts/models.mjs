// npm run models: inspects every model of ../shared/models with the built command line and writes docs/models.md. Takes minutes.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root, run } from './install.mjs';

const models = join(root, '../shared/models');
if (!existsSync(models)) {
  process.stderr.write('../shared/models is not here, so there is nothing to inspect.\n');
  process.exit(1);
}
ensureInstalled();
run('node', ['scripts/build.mjs']);

const budget = 10;
/** What a file leaves open and a user would say. */
const dimensions = { 'silero_vad_16k_op15.onnx': ['--dim', 'sequence=512'] };

const names = (folder) => readdirSync(join(models, folder)).filter((name) => name.endsWith('.onnx'));
const files = [...names('.'), ...names('exports').map((name) => join('exports', name))];
const rows = files.map((file) => {
  const started = process.hrtime.bigint();
  const options = ['--budget', String(budget), '--json', '-', ...(dimensions[file] ?? [])];
  const { stdout, stderr, status } = spawnSync(
    'node',
    [join(root, 'dist/cli.js'), 'inspect', join(models, file), ...options],
    {
      encoding: 'utf8',
      maxBuffer: 2 ** 28,
    },
  );
  const seconds = Number(process.hrtime.bigint() - started) / 1e9;
  process.stdout.write(`${file}: ${seconds.toFixed(1)} s\n`);
  const answer = status === 0 ? answerOf(JSON.parse(stdout)) : stderr.trim().split('\n').at(-1);
  return `| ${file}${dimensions[file] === undefined ? '' : ` \`${dimensions[file].join(' ')}\``} | ${answer} | ${seconds.toFixed(1)} |`;
});

writeFileSync(
  join(root, 'docs/models.md'),
  `# Models of other people

What \`lipschitz inspect --budget ${budget}\` says of models that were not made for it (\`npm run models\` writes this page). Every one gets an answer: an interval of its l2 constant
on the whole space, or the node and the reason why there is no upper end. Outputs of the graphs we run equal the reference outputs to 1e-5
(test/formats/onnx/shared-models.test.ts).

| model | l2 constant | seconds, start of the program included |
|---|---|---|
${rows.join('\n')}
`,
);

function answerOf({ lipschitz, norm }) {
  const { lower, upper } = lipschitz[norm];
  const least = lower.value.toPrecision(3);
  if (upper.value !== null) return `${least} … ${upper.value.toPrecision(3)} (${upper.method})`;
  const stop = upper.unbounded ?? upper.unsupported;
  const kind = upper.unbounded === undefined ? 'not understood' : 'unbounded';
  return `at least ${least}, ${kind} at ${stop.op} \`${stop.node}\`: ${stop.reason}`.replaceAll('|', '\\|');
}
