import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { Pace } from '../../core/compute/linear-algebra/pace.ts';
import type { Work } from '../../core/compute/work.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { operatorNorm } from '../../core/estimators/norms/operator-norm.ts';
import { Crew } from '../../core/inspection/crew.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import type { HireForLayers } from '../../core/inspection/layer-crew.ts';
import { LayerHand, type LayerTask } from '../../core/inspection/layer-hand.ts';
import { startPace } from '../../core/inspection/pace.ts';
import { defaultRequest, type InspectionRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { advance } from '../../core/report/progress.ts';
import { hireForLayers } from '../../core/worker/layer-threads.ts';
import { denseLayersBeside } from './external-weights.ts';
import { printTable } from './figures.ts';
import { lowerEnd } from './lower-ends.ts';
import { type BenchLayer, resNet50, vgg16, vitBase, type Weights } from './norm-networks.ts';
import { resNet50File } from './whole-models.ts';

const engine = await openEngine({ provider: 'cpu', threads: 2 });
/** One core, as a thread for layers has it. */
const alone = await openEngine({ provider: 'cpu', threads: 1 });
afterAll(() => Promise.all([engine.dispose(), alone.dispose()]));
const layerThread = join(import.meta.dirname, '../../dist/layer-thread.mjs');

interface Figures {
  wall: number;
  cpu: number;
  /** When every layer would have its first interval, were all first ones asked for first. */
  firsts: number;
  worstRatio: number;
  worstLayer: string;
  /** Certified, by the name of the layer. */
  lowers: Map<string, number>;
  /** The longest time between two looks at the cancel button. */
  stall: number;
  peakMB: number;
}

const cpuSeconds = (): number => {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
};

/** Weights are made outside the clock. */
async function measure(layers: readonly BenchLayer[], weights: Weights): Promise<Figures> {
  const figures: Figures = {
    wall: 0,
    cpu: 0,
    firsts: 0,
    worstRatio: 1,
    worstLayer: '',
    lowers: new Map(),
    stall: 0,
    peakMB: 0,
  };
  for (const layer of layers) {
    const map = layer.map(weights);
    const base = startPace(engine, new AbortController().signal, 600).until(600);
    let last = performance.now();
    const work: Work = {
      engine,
      remainingSeconds: () => base.remainingSeconds(),
      breathe() {
        const now = performance.now();
        figures.stall = Math.max(figures.stall, now - last);
        last = now;
        return base.breathe();
      },
    };
    const [start, cpu] = [performance.now(), cpuSeconds()];
    let first: number | undefined;
    let ratio = Number.POSITIVE_INFINITY;
    for await (const { lower, upper } of operatorNorm(map, 'l2', work)) {
      first ??= performance.now() - start;
      ratio = upper / lower;
      figures.lowers.set(layer.name, lower);
    }
    figures.wall += (performance.now() - start) / 1000;
    figures.cpu += cpuSeconds() - cpu;
    figures.firsts += first! / 1000;
    if (ratio > figures.worstRatio) Object.assign(figures, { worstRatio: ratio, worstLayer: layer.name });
    // Certified, or the figure is worth nothing.
    expect(ratio).toBeLessThan(1.06);
  }
  figures.peakMB = process.resourceUsage().maxRSS / 1000;
  return figures;
}

const row = (name: string, { wall, cpu, firsts, worstRatio, worstLayer, stall, peakMB }: Figures): string[] => [
  name,
  `${cpu.toFixed(1)} s`,
  `${wall.toFixed(1)} s`,
  `${firsts.toFixed(1)} s`,
  `${worstRatio.toFixed(4)} (${worstLayer})`,
  `${stall.toFixed(0)} ms`,
  `${peakMB.toFixed(0)} MB`,
  loadavg()[0]!.toFixed(1),
];
const header = ['network, weights', 'CPU', 'wall', 'first intervals', 'worst upper / lower', 'longest pause', 'peak of the process', 'load']; // prettier-ignore

/** For the comparison with peers, when they are measured in the same run. */
let ours: Figures | undefined;

test('networks: certified l2 intervals of all layers', async () => {
  ours = await measure(resNet50(), 'he');
  const rows = [
    row('ResNet-50, he', ours),
    row('ResNet-50, decay', await measure(resNet50(), 'decay')),
    row('ViT-B/16, he', await measure(vitBase(), 'he')),
    row('VGG-16, he', await measure(vgg16(), 'he')),
  ];
  printTable('l2 intervals of all layers, two threads', header, rows);
});

/** For the comparison with power iteration. */
let lowerEnds: Record<'cpu' | 'wall', number> | undefined;

test('lower ends alone of ResNet-50, he', async () => {
  let [cpu, wall, widest] = [0, 0, 1];
  const { signal } = new AbortController();
  for (const layer of resNet50()) {
    const map = layer.map('he');
    const work = startPace(alone, signal, 600).until(600);
    const [start, before] = [performance.now(), cpuSeconds()];
    const lower = await lowerEnd(map, new Pace(work));
    wall += (performance.now() - start) / 1000;
    cpu += cpuSeconds() - before;
    widest = Math.max(widest, ours!.lowers.get(layer.name)! / lower);
  }
  lowerEnds = { cpu, wall };
  printTable('Lower ends alone', ['network, weights', 'CPU', 'wall', 'certified lower end / it, at most', 'load'], [
    ['ResNet-50, he, one thread', `${cpu.toFixed(1)} s`, `${wall.toFixed(1)} s`, widest.toFixed(4), loadavg()[0]!.toFixed(1)],
  ]); // prettier-ignore
  expect(widest).toBeLessThan(1.01);
});

test('networks over threads, as an inspection hands its layers out', async () => {
  const rows = [
    await overThreads('ResNet-50, he', resNet50()),
    await overThreads('VGG-16, he', vgg16()),
    await overThreads('ViT-B/16, he', vitBase()),
  ];
  const columns = ['network, weights', 'wall', 'CPU', 'certified to 1 % after', 'wider than 1 %', 'widest', 'peak of the process', 'load']; // prettier-ignore
  printTable('l2 intervals of all layers, two threads with one layer each', columns, rows);
});

/** The threads' own beginning is inside the clock, the making of the weights is not. */
async function overThreads(name: string, layers: readonly BenchLayer[]): Promise<string[]> {
  const made = layers.map((layer) => ({ layer, map: layer.map('he') }));
  const { signal } = new AbortController();
  const here = new LayerHand(startPace(engine, signal, 600));
  await using crew = new Crew(here, () => hireForLayers(here, signal, { threads: 2, most: 2 }, layerThread));
  const [start, cpu] = [performance.now(), cpuSeconds()];
  const seconds = (): number => (performance.now() - start) / 1000;
  crew.hire();
  expect(await crew.arrived()).toBe(true);
  const smallFirst = made.toSorted((one, other) => one.layer.parameters - other.layer.parameters);
  const task = ({ map }: (typeof made)[number]): LayerTask => ({ map: () => map, about: 'l2', seconds: 600 });
  const widths: number[] = [];
  let tight = 0;
  for await (const { result } of crew.share(smallFirst, task, 'those hired')) {
    const width = result.l2!.upper / result.l2!.lower;
    widths.push(width);
    if (width <= 1.01) tight = seconds();
  }
  expect(widths).toHaveLength(layers.length);
  return [
    name,
    `${seconds().toFixed(1)} s`,
    `${(cpuSeconds() - cpu).toFixed(1)} s`,
    `${tight.toFixed(1)} s`,
    `${widths.filter((width) => width > 1.01).length} of ${widths.length}`,
    Math.max(...widths).toFixed(4),
    `${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB`,
    loadavg()[0]!.toFixed(1),
  ];
}

test('a whole model file, its layers over threads', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'norms-'));
  const file = await resNet50File(engine, folder);
  const rows: string[][] = [];
  for (const threads of file === undefined ? [] : [2, 1]) rows.push(await inspected(file!, threads));
  rmSync(folder, { recursive: true });
  if (rows.length === 0)
    process.stdout.write('\nshared/models is not beside the repository: no whole model was inspected.\n');
  const columns = ['threads', 'first bound', 'all norms', 'CPU', 'wider than 1 %', 'widest', 'peak of the process', 'load']; // prettier-ignore
  printTable('light_resnet50 with random weights: all l2 norms of a file in one pass', columns, rows);
});

/** Until the norms are there; what comes after them is measured by other benches. */
async function inspected(file: string, threads: number): Promise<string[]> {
  const request: InspectionRequest = { ...defaultRequest(file), provider: 'cpu', threads, budgetSeconds: 600 };
  const hire: HireForLayers = (here, signal, room) => hireForLayers(here, signal, room, layerThread);
  const [start, cpu] = [performance.now(), cpuSeconds()];
  const seconds = (): string => `${((performance.now() - start) / 1000).toFixed(1)} s`;
  let inspection: Inspection | undefined;
  let first: string | undefined;
  for await (const event of inspect(request, engine, new AbortController().signal, hire)) {
    inspection = advance(inspection, event);
    if (event.kind === 'bound') first ??= seconds();
    if (event.kind === 'layers' && event.layers.some(({ frobenius }) => frobenius !== undefined)) break;
  }
  const widths = inspection!.layers.flatMap(({ norms: { l2 } }) => (l2?.upper == null ? [] : [l2.upper / l2.lower]));
  return [
    `${threads}`,
    first!,
    seconds(),
    `${(cpuSeconds() - cpu).toFixed(1)} s`,
    `${widths.filter((width) => width > 1.01).length} of ${widths.length}`,
    Math.max(...widths).toFixed(4),
    `${(process.resourceUsage().maxRSS / 1000).toFixed(0)} MB`,
    loadavg()[0]!.toFixed(1),
  ];
}

/** The program as its users start it, on dense layers of 4472 x 4472 in external data; what it holds at most, the kernel knows. */
async function inspectedBeside(layers: number, budget: number): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'norms-'));
  const file = await denseLayersBeside(join(folder, 'large.onnx'), 4472, layers);
  const start = performance.now();
  const child = spawn(process.execPath, [join(import.meta.dirname, '../../dist/cli.js'), 'inspect', file, '--budget', `${budget}`, '--json', join(folder, 'large.json')]); // prettier-ignore
  let peak = 0;
  const watch = setInterval(() => {
    const [, kilobytes] = /VmHWM:\s*(\d+)/u.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8')) ?? [];
    peak = Math.max(peak, Number(kilobytes ?? 0) / 1000);
  }, 200);
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  clearInterval(watch);
  const seconds = (performance.now() - start) / 1000;
  const inspection = JSON.parse(readFileSync(join(folder, 'large.json'), 'utf8')) as Inspection;
  const dense = inspection.layers.filter(({ op }) => op === 'MatMul');
  rmSync(folder, { recursive: true });
  expect(code).toBe(0);
  const widths = dense.flatMap(({ norms: { l2 } }) => (l2?.upper == null ? [] : [l2.upper / l2.lower]));
  return [`${layers}`, `${budget} s`, `${seconds.toFixed(0)} s`, `${widths.filter((width) => width < 1.01).length} to 1 %`, Math.max(...widths).toFixed(4), `${peak.toFixed(0)} MB`, loadavg()[0]!.toFixed(1)]; // prettier-ignore
}

const besideColumns = ['layers', 'budget', 'until it ended', 'norms', 'widest', 'peak of the process', 'load'];

test('a file of 800 MB keeps its budget', async () => {
  printTable('Dense layers of 4472 x 4472', besideColumns, [await inspectedBeside(10, 8)]);
});

test('a file of 3.2 GB: its weights are read layer by layer', async () => {
  printTable('Dense layers of 4472 x 4472', besideColumns, [await inspectedBeside(40, 400)]);
});

test('growth with the size of the network', async () => {
  const rows: string[][] = [];
  for (const width of [0.125, 0.25, 0.5, 0.75, 1]) {
    const layers = resNet50(width);
    const parameters = layers.reduce((sum, layer) => sum + layer.parameters, 0);
    const products = layers.reduce((sum, layer) => sum + layer.products, 0);
    const { cpu } = await measure(layers, 'he');
    rows.push([`${width}`, `${(parameters / 1e6).toFixed(2)} M`, `${(products / 1e9).toFixed(2)} G`, `${cpu.toFixed(1)} s`, `${(cpu / (products / 1e9)).toFixed(1)} s`]); // prettier-ignore
  }
  printTable('ResNet-50 of other widths', ['width', 'parameters', 'products of one image', 'CPU', 'CPU per G products'], rows); // prettier-ignore
});

test('peers, when a Python with torch is there', () => {
  const python = [process.env['LIPSCHITZ_BENCH_PYTHON'], 'python3'].find(
    (name) => name !== undefined && (!name.includes('/') || existsSync(name)) && hasTorch(name),
  );
  if (python === undefined) {
    process.stdout.write('\nNo Python with torch was found (name one in LIPSCHITZ_BENCH_PYTHON): no peers were run.\n');
    return;
  }
  const folder = mkdtempSync(join(tmpdir(), 'norms-'));
  const layers = resNet50().map((layer, at) => sharedLayer(layer, join(folder, `${at}.f32`)));
  const rows: string[][] = [];
  for (const threads of [1, 2]) {
    const request = { threads, fft: threads === 1 && process.env['LIPSCHITZ_BENCH_FFT'] !== 'no', layers };
    const { stdout, stderr, status } = spawnSync(python, [join(import.meta.dirname, 'norms-peers.py')], {
      input: JSON.stringify(request),
      encoding: 'utf8',
      timeout: 480_000,
    });
    if (status === null) {
      process.stdout.write(`\nThe peers with ${threads} threads did not end within 480 s.\n`);
      continue;
    }
    expect(status, stderr).toBe(0);
    const answer = JSON.parse(stdout) as { torch: string; rss: number; oracle: Peer; power: Peer; fft?: Peer };
    for (const [name, figures] of [
      ['power iteration to 1 % of the norm, which it is told', answer.oracle],
      ['power iteration until a step gains less than 1e-3', answer.power],
      ['FFT + Gram, the 3x3 layers', answer.fft],
    ] as const)
      if (figures !== undefined)
        rows.push([`${name} (torch ${answer.torch})`, `${threads}`, `${figures.cpu.toFixed(1)} s`, `${figures.wall.toFixed(1)} s`, figures.worst.toFixed(3), ratio(figures.cpu, ours?.cpu), ratio(figures.wall, ours?.wall), ratio(figures.cpu, lowerEnds?.cpu), ratio(figures.wall, lowerEnds?.wall)]); // prettier-ignore
  }
  rmSync(folder, { recursive: true });
  const columns = ['tool', 'threads', 'CPU', 'wall', 'worst value / certified lower end', 'our certified intervals / it, CPU', 'wall', 'our lower ends alone / it, CPU', 'wall']; // prettier-ignore
  printTable(`Peers on ResNet-50, he, at a load of ${loadavg()[0]!.toFixed(1)}`, columns, rows);
});

interface Peer {
  readonly cpu: number;
  readonly wall: number;
  readonly worst: number;
}

/** The same numbers for the peer: a file of them, and how far it has to come. */
function sharedLayer(layer: BenchLayer, file: string) {
  const { structure } = layer.map('he');
  if (structure.kind !== 'dense' && structure.kind !== 'convolution') throw new Error('Layers of the bench are matrices and convolutions.'); // prettier-ignore
  const kernel = structure.kind === 'dense' ? structure.matrix : structure.convolution.kernel;
  writeFileSync(file, Float32Array.from(kernel));
  return { ...layer.shape, file, lower: ours!.lowers.get(layer.name)! };
}

const ratio = (peer: number, own: number | undefined): string => (own === undefined ? '-' : (own / peer).toFixed(2));

const hasTorch = (python: string): boolean => spawnSync(python, ['-c', 'import torch']).status === 0;
