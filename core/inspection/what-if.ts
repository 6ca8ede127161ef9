import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Engine } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import { operatorNorm } from '../estimators/norms/operator-norm.ts';
import { withScaledWeights } from '../formats/onnx/scale-weights.ts';
import type { Network } from '../network/network.ts';
import type { PreparedNetwork } from '../passes/prepare.ts';
import type { Inspection, LayerEntry } from '../report/inspection.ts';
import type { ChangedLayer, WhatIfReport } from '../report/what-if.ts';
import { RequestError, UserError } from '../sentence.ts';
import { inspect } from './inspect.ts';
import { affineRule } from './layers.ts';
import { openModel, type OpenModel } from './open-model.ts';
import { outputChange } from './output-change.ts';
import { startPace } from './pace.ts';
import type { InspectionRequest } from './request.ts';
import type { WeightChange, WhatIfRequest } from './what-if-request.ts';

export type WhatIfEvent =
  | { readonly kind: 'activity'; readonly activity: string; readonly fraction: number }
  | { readonly kind: 'finished'; readonly report: WhatIfReport; readonly model: Uint8Array };

/** A layer, what of the file its weights are, and what they are multiplied by. */
interface Planned {
  readonly layer: LayerEntry;
  readonly weights: string;
  /** Upper end of its l2 norm. */
  readonly before: number;
  readonly factor: number;
}

interface Changed extends Planned {
  readonly after: number;
}

/**
 * Multiplies the weights of some layers (never their biases, as spectral normalisation does not), inspects the network as it is and as it would be,
 * and compares their outputs. The bytes of the changed file differ from those of the model in these weights and in nothing else.
 */
export async function* whatIf(
  { inspection: request, changes }: WhatIfRequest,
  engine: Engine,
  signal: AbortSignal,
): AsyncGenerator<WhatIfEvent, void> {
  const half = { ...request, budgetSeconds: request.budgetSeconds / 2 };
  const before = yield* inspected(half, engine, signal, 'As it is', 0);
  if (before.model.format !== 'onnx')
    throw new UserError(`${before.model.file} is not an ONNX file, whose weights can be changed in place: lipschitz convert makes one of it.`); // prettier-ignore
  yield { kind: 'activity', activity: 'Norms of the layers to be changed', fraction: 0.45 };
  const plan = await planned(request, before, changes, engine, signal);
  const model = withScaledWeights(before.model.file, await readFile(request.file), factorsOf(plan));
  const folder = await mkdtemp(join(tmpdir(), 'lipschitz-what-if-'));
  try {
    const file = join(folder, basename(request.file));
    await writeFile(file, model);
    const after = yield* inspected({ ...half, file }, engine, signal, 'As it would be', 0.5);
    const norms = await normsOf(plan, { ...half, file }, engine, signal);
    const outputs = await outputChange(half, file, engine, signal);
    yield { kind: 'finished', report: reportOf(before, after, norms, outputs), model };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function* inspected(
  request: InspectionRequest,
  engine: Engine,
  signal: AbortSignal,
  state: string,
  from: number,
): AsyncGenerator<WhatIfEvent, Inspection> {
  for await (const event of inspect(request, engine, signal)) {
    if (event.kind === 'activity')
      yield { kind: 'activity', activity: `${state}: ${event.activity}`, fraction: from + event.fraction / 2 };
    if (event.kind === 'finished') return event.inspection;
  }
  throw new Error('The inspection ended without an answer.');
}

/** Of the changed layers, as they are now. */
async function normsOf(
  plan: readonly Planned[],
  request: InspectionRequest,
  engine: Engine,
  signal: AbortSignal,
): Promise<readonly Changed[]> {
  using model = await openModel(request, engine);
  const work = startPace(engine, signal, normSeconds).until(Number.POSITIVE_INFINITY);
  const changed: Changed[] = [];
  for (const own of plan)
    changed.push({ ...own, after: await norm({ ...own.layer, norms: {} }, model.prepared, work) });
  return changed;
}

/** Rounding to float32 may lengthen a matrix by this much. */
const roundingReserve = 1 - 2e-6;

async function planned(
  request: InspectionRequest,
  { layers }: Inspection,
  changes: readonly WeightChange[],
  engine: Engine,
  signal: AbortSignal,
): Promise<readonly Planned[]> {
  using model = await openModel(request, engine);
  const work = startPace(engine, signal, normSeconds).until(Number.POSITIVE_INFINITY);
  const plan: Planned[] = [];
  for (const change of changes) plan.push(...(await plannedFor(change, layers, model, work)));
  return plan;
}

/** For the norms of the layers to be changed, which may be tighter than an inspection had time for. */
const normSeconds = 120;

async function plannedFor(
  change: WeightChange,
  layers: readonly LayerEntry[],
  { network, prepared }: OpenModel,
  work: Work,
): Promise<readonly Planned[]> {
  if (change.kind === 'rescale') {
    if (!Number.isFinite(change.factor)) throw new RequestError('The factor of a layer has to be a number.');
    const layer = layers.find(({ id, name }) => id === change.layer || name === change.layer);
    if (layer === undefined) throw new RequestError(`The model has no layer "${change.layer}".`);
    const weights = weightsOf(layer, network);
    if (weights === undefined)
      throw new RequestError(`The layer "${change.layer}" has no matrix or kernel of weights.`);
    return [{ layer, weights, before: await norm(layer, prepared, work), factor: change.factor }];
  }
  if (!(change.limit > 0)) throw new RequestError('The spectral norm of layers can be limited to a positive number.');
  const fits = patternOf(change.layers ?? '*');
  const plan: Planned[] = [];
  let fitting = 0;
  for (const layer of layers.filter(({ id, name }) => fits(id) || fits(name))) {
    const weights = weightsOf(layer, network);
    if (weights === undefined) continue;
    fitting++;
    const before = await norm(layer, prepared, work);
    if (before > change.limit) plan.push({ layer, weights, before, factor: (change.limit / before) * roundingReserve });
  }
  if (fitting === 0) throw new RequestError(`No layer with weights is called "${change.layers ?? '*'}".`);
  return plan;
}

async function norm({ id, norms: { l2 } }: LayerEntry, { analysed }: PreparedNetwork, work: Work): Promise<number> {
  const node = analysed.nodes.find((own) => own.id === id);
  const map = node && affineRule(analysed, node)?.map;
  let upper = l2?.upper ?? Number.POSITIVE_INFINITY;
  if (map !== undefined)
    for await (const found of operatorNorm(map, 'l2', work))
      if (found.rigor === 'certified') upper = Math.min(upper, found.upper);
  return upper;
}

const patternOf = (pattern: string): ((name: string) => boolean) => {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, String.raw`\$&`));
  const expression = new RegExp(`^${parts.join('.*')}$`, 'u');
  return (name) => expression.test(name);
};

/** Places of the weights among a node's inputs; the first that is a constant. */
const weightInputs = new Map<string, readonly number[]>([
  ['Conv', [1]],
  ['ConvTranspose', [1]],
  ['Gemm', [1, 0]],
  ['MatMul', [1, 0]],
]);

/** What only moves numbers about: the weights before it are the layer's. */
const movers = new Set(['Transpose', 'Identity', 'Reshape', 'Squeeze', 'Unsqueeze']);

function weightsOf({ id }: LayerEntry, network: Network): string | undefined {
  const node = network.nodes.find((own) => own.id === id);
  const names = (weightInputs.get(node?.op ?? '') ?? []).map((at) => node!.inputs[at] ?? '');
  return names.map((name) => constantBehind(name, network)).find((name) => name !== undefined);
}

function constantBehind(name: string, network: Network): string | undefined {
  if (network.constants.has(name)) return name;
  const maker = network.nodes.find(({ outputs }) => outputs.includes(name));
  return maker !== undefined && movers.has(maker.op) ? constantBehind(maker.inputs[0]!, network) : undefined;
}

/** By tensor; one that several layers share is multiplied once, by the smallest factor. */
function factorsOf(plan: readonly Planned[]): ReadonlyMap<string, number> {
  const factors = new Map<string, number>();
  for (const { weights, factor } of plan) {
    const other = factors.get(weights);
    if (other === undefined || Math.abs(factor) < Math.abs(other)) factors.set(weights, factor);
  }
  return factors;
}

function reportOf(
  before: Inspection,
  after: Inspection,
  plan: readonly Changed[],
  outputs: WhatIfReport['outputs'],
): WhatIfReport {
  const { norm, region, model } = before;
  const factors = factorsOf(plan);
  const changed = plan.map(({ layer: { id, name }, weights, before: old, after: now }): ChangedLayer => ({
    id,
    name,
    weights,
    factor: factors.get(weights)!,
    l2: { before: old, after: Number.isFinite(now) ? now : null },
  }));
  const shared = [...factors.keys()].filter((weights) => plan.filter((own) => own.weights === weights).length > 1);
  return {
    format: 'lipschitz-what-if',
    version: 1,
    model: model.file,
    norm,
    region,
    layers: changed,
    before: before.lipschitz[norm]!,
    after: after.lipschitz[norm]!,
    ...(outputs === undefined ? {} : { outputs }),
    notes: shared.map((weights) => `Several layers share the weights "${weights}", which were multiplied once.`),
  };
}
