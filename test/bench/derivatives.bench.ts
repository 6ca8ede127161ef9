import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { loadavg } from 'node:os';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Engine, NumericArray, Session } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { onlyNeeded, type DerivedNetwork, type MissingDerivative } from '../../core/derivatives/derived-network.ts';
import { differentiable } from '../../core/derivatives/differentiable.ts';
import { jvp } from '../../core/derivatives/jvp.ts';
import { vjp } from '../../core/derivatives/vjp.ts';
import { modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { elementCount } from '../../core/network/tensor.ts';
import { batched } from '../../core/passes/batch.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { numbers } from '../operators/small-networks.ts';
import { median, printTable } from './figures.ts';
import { withRandomWeights } from './providers/workloads.ts';

const models = resolve(import.meta.dirname, '../../../shared/models');
/** One thread, and its processor time: on a machine that does other things too, threads that wait for each other say nothing. */
const threads = 1;
/** Points at once, and how often. */
const sizes = { cifar10_resnet_2b: [64, 9], resnet_50: [2, 3] } as const;
const files = { cifar10_resnet_2b: 'cifar10_resnet_2b.onnx', resnet_50: 'light_resnet50.onnx' } as const;
type Name = keyof typeof sizes;

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads });
});
afterAll(() => engine.dispose());

/** Median processor time of a run. */
async function secondsOf(derivative: DerivedNetwork | MissingDerivative, rounds: number): Promise<number> {
  if ('missing' in derivative) throw new Error(derivative.missing.reason);
  const network = onlyNeeded(derivative.network);
  const session: Session = await engine.open(writeOnnx(network), 'cpu');
  const feeds = Object.fromEntries(
    network.inputs.map(({ name }): [string, NumericArray] => {
      const { shape } = network.types.get(name)!;
      return [name, { type: 'float32', shape, data: numbers(elementCount(shape), 3) }];
    }),
  );
  await session.run(feeds);
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const start = process.cpuUsage();
    await session.run(feeds);
    const { user, system } = process.cpuUsage(start);
    times.push((user + system) / 1e6);
  }
  await session.dispose();
  return median(times);
}

interface Peer {
  readonly version: string;
  readonly way: string;
  readonly networks: Readonly<Record<Name, { readonly jvp: number; readonly vjp: number }>>;
}

/** PyTorch by the python3 on the path, or the one that LIPSCHITZ_BENCH_PYTHON names. */
function peer(): Peer | undefined {
  const python = process.env['LIPSCHITZ_BENCH_PYTHON'] ?? 'python3';
  const script = join(import.meta.dirname, 'derivatives-peers.py');
  const { status, stdout, stderr } = spawnSync(python, [script, String(threads), JSON.stringify(sizes)], {
    encoding: 'utf8',
  });
  if (status === 0) return JSON.parse(stdout) as Peer;
  console.info(`PyTorch is left out: ${python} cannot run it (${stderr.trim().split('\n').at(-1) ?? 'no answer'}).`);
  return undefined;
}

test.skipIf(!existsSync(models))(
  'J v and J′ u of batches, against PyTorch (skipped where ../shared is missing)',
  async () => {
    const other = peer();
    const rows: string[][] = [];
    for (const name of Object.keys(sizes) as Name[]) {
      const [batch, rounds] = sizes[name];
      const network = readModel(modelInMemory(name, readFileSync(join(models, files[name]))));
      const { runnable, output } = await prepare(network, { dims: {}, held: new Map() }, engine);
      const weighted = name === 'resnet_50' ? withRandomWeights(runnable) : runnable;
      const wide = batched(differentiable(weighted, 'float32'), batch);
      expect(wide).toBeDefined();
      const question = { network: wide!, output };
      for (const [way, derivative] of [
        ['jvp', jvp(question)],
        ['vjp', vjp(question)],
      ] as const) {
        const own = await secondsOf(derivative, rounds);
        const theirs = other?.networks[name][way];
        const each = (seconds: number): string => `${((1000 * seconds) / batch).toPrecision(3)} ms`;
        rows.push([
          name,
          way === 'jvp' ? 'J v' : 'J′ u',
          String(batch),
          each(own),
          theirs === undefined ? '-' : each(theirs),
          theirs === undefined ? '-' : (theirs / own).toFixed(2),
        ]);
      }
    }
    const peerName = other === undefined ? 'PyTorch' : `PyTorch ${other.version} (${other.way})`;
    printTable(
      `Derivatives, processor time of one thread, load ${loadavg()[0]!.toFixed(1)}: at least as fast as PyTorch`,
      ['network', 'derivative', 'batch', 'a point', `${peerName}, a point`, 'times as fast'],
      rows,
    );
  },
);
