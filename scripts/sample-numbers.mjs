// npm run samples: inspects every sample with the built command line and writes the numbers into samples/README.md.
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { ensureInstalled, root, run } from './install.mjs';

ensureInstalled();
run('node', ['scripts/build.mjs']);

const twoMoons = [
  'shallow',
  'mlp',
  'mlp_gradient_penalty',
  'spectral_norm_k1',
  'spectral_norm_k10',
  'spectral_norm_scaled_data',
];
const digits = ['residual_cnn', 'residual_cnn_dynamo', 'transformer', 'transformer_dynamo'];
const linear = new Set(['dense', 'conv', 'transposed conv', 'scaling']);

const lines = [
  '| network | l2 norms of its layers | the network, l2 |',
  '|---|---|---|',
  ...[...twoMoons.map((name) => `two_moons/${name}.onnx`), ...digits.map((name) => `digits/${name}.onnx`)].map(row),
];
const readme = join(root, 'samples', 'README.md');
const text = readFileSync(readme, 'utf8');
const [before, rest] = text.split('<!-- numbers:start -->');
const after = rest.split('<!-- numbers:end -->')[1];
writeFileSync(readme, `${before}<!-- numbers:start -->\n${lines.join('\n')}\n<!-- numbers:end -->${after}`);

function row(file) {
  const json = execFileSync(
    'node',
    [join(root, 'dist', 'cli.js'), 'inspect', join(root, 'samples', file), '--json', '-'],
    {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      maxBuffer: 2 ** 28,
    },
  );
  const { layers, lipschitz } = JSON.parse(json);
  const { lower, upper } = lipschitz.l2;
  const norms = layers
    .filter(({ kind, norms }) => linear.has(kind) && norms.l2?.upper)
    .map(({ norms }) => digits3(norms.l2.upper));
  const end = upper.value === null ? `unbounded at \`${upper.unbounded.node}\`` : digits3(upper.value);
  console.log(`${file}: ${norms.join(', ')}; ${digits3(lower.value)} … ${end}`);
  return `| \`${basename(file, '.onnx')}\` | ${norms.join(', ')} | ${digits3(lower.value)} … ${end} |`;
}

/** To the nearest: a reader compares these with 1. */
function digits3(value) {
  return value >= 1000 ? value.toExponential(2) : Number(value.toPrecision(3)).toString();
}
