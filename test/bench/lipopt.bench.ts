import { afterAll, beforeAll, test } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { absoluteProducts, centreExpansion } from '../../core/estimators/absolute-values/method.ts';
import type { BoundMethod } from '../../core/estimators/conductor/method.ts';
import { lipOpt } from '../../core/estimators/lipopt/method.ts';
import { slopeCorners } from '../../core/estimators/slope-corners/method.ts';
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
  readonly value: number | undefined;
  readonly cpu: number;
}

async function run(
  method: BoundMethod,
  norm: 'l1' | 'linf',
  { runnable, analysed, input, output }: PreparedNetwork,
  budget = 60,
): Promise<Run> {
  const rules = new Map(analyse(analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const before = process.cpuUsage();
  const cpu = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  const work = {
    engine,
    breathe: () => new Promise<void>((resume) => setImmediate(resume)),
    remainingSeconds: () => budget - cpu(),
  };
  const region = { kind: 'all' } as const;
  const question = { runnable, analysed, input, output, rules, norm, region, constantOf: () => Infinity };
  let value: number | undefined;
  for await (const bound of method.run(question, work)) value = bound.value;
  return { value, cpu: cpu() };
}

test(
  'LiPopt beside the sums of absolute values and the largest corner of all slopes, on random networks',
  { timeout: 1_200_000 },
  async () => {
    const rows: string[][] = [];
    const said = ({ value }: Run): string => value?.toPrecision(6) ?? '–';
    for (const sizes of [
      [8, 16, 4],
      [30, 100, 10],
      [100, 100, 10],
      [4, 20, 20, 1],
      [10, 20, 20, 2],
      [10, 40, 40, 10],
      [4, 10, 10, 10, 2],
    ]) {
      const prepared = await prepare(randomChain(sizes, 'Tanh', 1), { dims: {}, held: new Map() }, engine);
      for (const norm of ['l1', 'linf'] as const) {
        const paths = await run(absoluteProducts, norm, prepared);
        const centred = await run(centreExpansion, norm, prepared);
        const own = await run(lipOpt, norm, prepared);
        const gain = (centred.value! / own.value!).toFixed(3);
        const corner = await run(slopeCorners, norm, prepared, 10);
        const cpus = [own.cpu.toFixed(1), said(corner), corner.cpu.toFixed(1)];
        rows.push([sizes.join('-'), norm, said(paths), said(centred), said(own), gain, ...cpus]);
      }
    }
    printTable(
      'Upper ends of random tanh networks (at most 60 CPU s; the largest corner of all slopes 10)',
      // prettier-ignore
      ['network', 'norm', '`absolute-products`', '`centre-expansion`', '`lipopt`', 'tighter by', 'CPU s', '`slope-corners`', 'CPU s'],
      rows,
    );
  },
);
