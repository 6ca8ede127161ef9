import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, test, vi } from 'vitest';
import type { Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { printTable } from './figures.ts';

/** Which boxes: BOXES='resnet.* linf' npm run bench -- local. */
const only = new RegExp(process.env['BOXES'] ?? '');
/** On a machine with other work a budget of wall time is worth less: CLOCK=processor counts what this process computed. */
const onProcessor = process.env['CLOCK'] === 'processor';

const shared = resolve(import.meta.dirname, '../../../shared');
let engine: Engine;
let folder: string;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: onProcessor ? 1 : 0 });
  if (onProcessor)
    vi.spyOn(performance, 'now').mockImplementation(() => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    });
  folder = await mkdtemp(join(tmpdir(), 'local-bench-'));
});
afterAll(async () => {
  vi.restoreAllMocks();
  await engine.dispose();
  await rm(folder, { recursive: true });
});

interface Measured {
  readonly inspection: Inspection;
  readonly cpu: number;
  /** Upper ends with the processor's seconds at which they stood. */
  readonly uppers: readonly { readonly value: number; readonly cpu: number }[];
}

async function measured(file: string, norm: Norm, region: string, budgetSeconds: number): Promise<Measured> {
  const before = process.cpuUsage();
  const spent = (): number => {
    const { user, system } = process.cpuUsage(before);
    return (user + system) / 1e6;
  };
  const uppers: { value: number; cpu: number }[] = [];
  const request = { ...defaultRequest(file), norm, region, budgetSeconds };
  for await (const event of inspect(request, engine, new AbortController().signal)) {
    if (event.kind === 'bound' && event.bound?.side === 'upper')
      uppers.push({ value: event.bound.value, cpu: spent() });
    if (event.kind === 'finished') return { inspection: event.inspection, cpu: spent(), uppers };
  }
  throw new Error('The inspection did not finish.');
}

/** As a .npy file of doubles. */
async function pointFile(name: string, numbers: readonly number[]): Promise<string> {
  const plain = `{'descr': '<f8', 'fortran_order': False, 'shape': (${numbers.length},), }`;
  const header = `${plain.padEnd(64 * Math.ceil((plain.length + 11) / 64) - 11)}\n`;
  const bytes = Buffer.alloc(10 + header.length + 8 * numbers.length);
  bytes.write('\x93NUMPY\x01\x00', 'latin1');
  bytes.writeUInt16LE(header.length, 8);
  bytes.write(header, 10, 'latin1');
  numbers.forEach((value, k) => bytes.writeDoubleLE(value, 10 + header.length + 8 * k));
  const file = join(folder, `${name}.npy`);
  await writeFile(file, bytes);
  return file;
}

/** For each of the trained networks' boxes. */
const seconds = Number(process.env['SECONDS'] ?? 30);

const digits = (value: number | null | undefined): string =>
  value == null ? '–' : Number(value.toPrecision(5)).toString();

interface LocalCase {
  readonly local?: readonly {
    readonly center: readonly number[];
    readonly eps_linf: number;
    readonly exact?: Partial<Record<Norm, number>>;
  }[];
}

test.skipIf(!existsSync(shared))('boxes of known constants: exact to 1.0001 within a second', async () => {
  const rows: string[][] = [];
  for (const file of readdirSync(join(shared, 'cases/mlp')).filter((name) => name.endsWith('.json'))) {
    const name = file.slice(0, -5);
    const { local = [] } = JSON.parse(readFileSync(join(shared, 'cases/mlp', file), 'utf8')) as LocalCase;
    for (const [k, { center, eps_linf: eps, exact = {} }] of local.entries())
      for (const [norm, truth] of Object.entries(exact) as [Norm, number][]) {
        const point = await pointFile(`${name}-${k}`, center);
        const model = join(shared, 'cases/mlp', `${name}.onnx`);
        const { inspection, cpu } = await measured(model, norm, `box:${point}:${eps}`, 1);
        const { lower, upper } = inspection.lipschitz[norm]!;
        rows.push([name, String(eps), norm, digits(truth), (upper.value! / truth).toFixed(6), (lower.value / truth).toFixed(6), cpu.toFixed(2)]); // prettier-ignore
      }
  }
  printTable(`Boxes of known constants, load ${loadavg()[0]!.toFixed(1)}`, ['network', 'radius', 'norm', 'exact', 'upper / exact', 'lower / exact', 'CPU s'], rows); // prettier-ignore
});

const turn = (2 * Math.PI) / 32;
const images = [
  (c: number, i: number, j: number) =>
    0.5 + 0.25 * Math.sin(turn * (i + 2 * j) + 0.9 * c) + 0.2 * Math.cos(turn * (2 * i - j) + 1.7 * c),
  (c: number, i: number, j: number) =>
    0.45 +
    0.3 * Math.sin(turn * (1.5 * i - 0.5 * j) + 2.1 * c) * Math.cos(turn * (j + 0.25 * i) - 0.6 * c) +
    0.15 * Math.cos(3 * turn * j + c),
];
const image = (k: number): number[] =>
  Array.from({ length: 3072 }, (_, at) =>
    Math.fround(images[k]!(Math.floor(at / 1024), Math.floor(at / 32) % 32, at % 32)),
  );
const ring = (): number[] =>
  Array.from({ length: 784 }, (_, at) => {
    const r = Math.hypot(Math.floor(at / 28) - 13.5, (at % 28) - 13.5);
    return Math.exp(-(((r - 8) / 2.5) ** 2));
  });

/** Sampled lower ends and auto_LiRPA's bounds as measured beforehand, on the same boxes. */
const boxes: readonly {
  readonly model: string;
  readonly point: () => number[];
  readonly label: string;
  readonly radius: number;
  readonly norm: Norm;
  readonly sampled?: number;
  readonly target: string;
}[] = [0, 1]
  .flatMap(
    (k) =>
      [
        { model: 'oval21_cifar_base_kw', point: () => image(k), label: String(k), radius: 0.0078431, norm: 'l2', sampled: [0.823, 0.754][k]!, target: '1.3 times sampled' }, // prettier-ignore
        { model: 'oval21_cifar_base_kw', point: () => image(k), label: String(k), radius: 0.0078431, norm: 'linf', sampled: [11.117, 10.786][k]!, target: '1.05 times; auto_LiRPA 11.725, 10.975' }, // prettier-ignore
        { model: 'oval21_cifar_base_kw', point: () => image(k), label: String(k), radius: 0.035, norm: 'l2', sampled: [0.823, 0.754][k]!, target: '2 times' }, // prettier-ignore
        { model: 'cifar10_resnet_2b', point: () => image(k), label: String(k), radius: 0.0078431, norm: 'l2', sampled: [1.667, 1.478][k]!, target: '2.6 times' }, // prettier-ignore
        { model: 'cifar10_resnet_2b', point: () => image(k), label: String(k), radius: 0.0078431, norm: 'linf', sampled: [19.581, 17.49][k]!, target: '1.45 times; auto_LiRPA 31.807 at 0' }, // prettier-ignore
        { model: 'cifar10_resnet_2b', point: () => image(k), label: String(k), radius: 0.035, norm: 'l2', sampled: [1.667, 1.478][k]!, target: '20 times' }, // prettier-ignore
      ] as const,
  )
  .concat([
    { model: 'acasxu_1_1', point: () => [0, 0, 0, 0, 0], label: '0', radius: 0.1, norm: 'linf', sampled: 2.123, target: 'below 25,000; auto_LiRPA 101,299' }, // prettier-ignore
    { model: 'mnistfc_256x2', point: ring, label: '0', radius: 0.05, norm: 'linf', sampled: 56.88, target: 'below 470; auto_LiRPA 471.9' }, // prettier-ignore
    { model: 'vit_pgd_2_3_16', point: () => image(0), label: '0', radius: 0.0078431, norm: 'l2', target: 'finite' },
  ] as never[]);

test.skipIf(!existsSync(shared))('trained networks on boxes, beside what was sampled and auto_LiRPA', async () => {
  const rows: string[][] = [];
  for (const { model, point, label, radius, norm, sampled, target } of boxes) {
    if (!only.test(`${model} ${label} ${radius} ${norm}`)) continue;
    const file = await pointFile(`${model}-${label}`, point());
    const run = await measured(join(shared, `models/${model}.onnx`), norm, `box:${file}:${radius}`, seconds);
    const { lower, upper } = run.inspection.lipschitz[norm]!;
    const last = run.uppers.find(({ value }) => value <= upper.value! * 1.001);
    rows.push([model, `${label}, ${radius}`, norm, digits(lower.value), digits(sampled), digits(upper.value), upper.value === null ? '–' : (upper.value / Math.max(sampled ?? 0, lower.value)).toFixed(3), target, (last?.cpu ?? run.cpu).toFixed(1), upper.value === null ? 'none' : upper.method]); // prettier-ignore
  }
  printTable(`Boxes, budget ${seconds} s${onProcessor ? ' of one core' : ''}, load ${loadavg()[0]!.toFixed(1)}`, ['network', 'point, radius', 'norm', 'lower', 'sampled', 'upper', 'upper / lower', 'target', 'CPU s until it stood', 'by'], rows); // prettier-ignore
});
