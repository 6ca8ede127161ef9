import { afterAll, beforeAll, test } from 'vitest';
import type { Bound } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import type { BoundMethod } from '../../core/estimators/conductor/method.ts';
import { diagonalMultipliers } from '../../core/estimators/multipliers/method.ts';
import { seqLip } from '../../core/estimators/seqlip/method.ts';
import { analyse } from '../../core/inspection/layers.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import { printTable } from './figures.ts';
import { randomChain } from './random-chain.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

interface Run {
  readonly bounds: readonly Bound[];
  readonly cpu: number;
}

async function run(method: BoundMethod, { runnable, analysed, input, output }: PreparedNetwork): Promise<Run> {
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const where = { norm: 'l2', region: { kind: 'all' } } as const;
  const before = process.cpuUsage();
  const cpu = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  const work = {
    engine,
    breathe: () => new Promise<void>((resume) => setImmediate(resume)),
    remainingSeconds: () => 60 - cpu(),
  };
  const bounds: Bound[] = [];
  const question = { runnable, analysed, input, output, rules, ...where, constantOf: () => Infinity };
  for await (const bound of method.run(question, work)) bounds.push(bound);
  return { bounds, cpu: cpu() };
}

test('SeqLip beside the multipliers on random networks', { timeout: 1_200_000 }, async () => {
  const rows: string[][] = [];
  for (const sizes of [
    [8, 16, 4],
    [10, 30, 10],
    [20, 40, 10],
    [64, 100, 10],
    [4, 20, 20, 1],
    [10, 40, 40, 10],
  ])
    // prettier-ignore
    for (const activation of ['Tanh', 'Gelu']) {
      const prepared = await prepare(randomChain(sizes, activation, 1), { dims: {}, held: new Map() }, engine);
      const own = await run(seqLip, prepared);
      const other = await run(diagonalMultipliers, prepared);
      const value = (bound: Bound | undefined): string => bound?.value.toPrecision(7) ?? '–';
      rows.push([
        sizes.join('-'),
        activation,
        value(own.bounds.find(({ rigor }) => rigor === 'estimate')),
        value(own.bounds.find(({ rigor }) => rigor === 'certified')),
        value(own.bounds.at(-1)),
        own.cpu.toFixed(1),
        value(other.bounds.at(-1)),
        other.cpu.toFixed(1),
      ]);
    }
  printTable(
    'SeqLip: greedy, all corners at once, branch and bound (at most 60 CPU s); and the multipliers',
    ['network', 'activation', 'greedy (estimate)', 'relaxed', 'seqlip', 'CPU s', 'multipliers', 'CPU s'],
    rows,
  );
});
