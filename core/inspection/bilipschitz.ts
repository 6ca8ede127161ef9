import type { Norm } from '../bound.ts';
import type { Engine } from '../compute/engine.ts';
import { OutOfTime, Pace } from '../compute/linear-algebra/pace.ts';
import type { Work } from '../compute/work.ts';
import { boundBlocks } from '../estimators/composition/block-bounds.ts';
import { stretchByRegions, type RegionStretch } from '../estimators/least-stretch/by-regions.ts';
import { leastStretch, type LeastStretch } from '../estimators/least-stretch/compose.ts';
import { leastStretchBelow } from '../estimators/least-stretch/least-by-inverse.ts';
import { nearPairs, quotientAbove, type NearPair } from '../estimators/least-stretch/nearest-pair.ts';
import { mostInputs, programOf } from '../estimators/exact/graph.ts';
import { operatorNorm } from '../estimators/norms/operator-norm.ts';
import { rangesOn } from '../estimators/ranges/ranges-on.ts';
import { enclosedImage } from '../estimators/witness/certify.ts';
import { openForward } from '../estimators/witness/forward.ts';
import { elementCount } from '../network/tensor.ts';
import type { PreparedNetwork } from '../passes/prepare.ts';
import type { Region } from '../region.ts';
import type { BilipschitzReport, NearestImages, StretchOfRegions } from '../report/bilipschitz.ts';
import { AffineMaps } from './affine-maps.ts';
import { analyse, productsOf, withRanges, type AnalysedNode } from './layers.ts';
import { openModel } from './open-model.ts';
import { startPace } from './pace.ts';
import { readRegion, regionForReport } from './region-syntax.ts';
import type { InspectionRequest } from './request.ts';

/**
 * How far the network keeps points apart: the largest m with |f(x) - f(y)| >= m |x - y|, as an interval. From below by rules along the graph,
 * from above by two points.
 */
export async function bilipschitz(
  request: InspectionRequest,
  engine: Engine,
  signal: AbortSignal,
): Promise<BilipschitzReport> {
  const { norm } = request;
  const pace = startPace(engine, signal, request.budgetSeconds);
  const work = pace.until(request.budgetSeconds);
  using model = await openModel(request, engine);
  const { prepared, summary } = model;
  const { analysed, input, output, runnable } = prepared;
  const inputs = elementCount(analysed.types.get(input)!.shape);
  const outputs = elementCount(runnable.types.get(output)!.shape);
  const region = readRegion(request.region, inputs);
  const nodes = await ruled(prepared, region, work);
  const lower = await composed(prepared, nodes, norm, pace.until(0.4 * request.budgetSeconds));
  // Singular values are what it knows.
  const regions =
    norm === 'l2' ? await byRegions(prepared, inputs, region, pace.until(0.7 * request.budgetSeconds)) : undefined;
  const upper =
    outputs < inputs && isSolid(region) && nodes.every(({ rule }) => isContinuous(rule.kind))
      ? ({ value: 0, method: 'dimensions', rigor: 'certified' } as const)
      : await nearest(prepared, region, norm, regions, work);
  return {
    format: 'lipschitz-bilipschitz',
    version: 1,
    model: summary.file,
    norm,
    region: regionForReport(request.region),
    seconds: pace.seconds(),
    lower:
      regions?.proved !== undefined && regions.proved > lower.value
        ? { value: regions.proved, method: 'activation-regions', rigor: 'certified' }
        : {
            value: lower.value,
            method: 'composition',
            rigor: 'certified',
            ...(lower.lostAt && { lostAt: lower.lostAt }),
          },
    ...(upper === undefined ? {} : { upper }),
    ...(regions === undefined ? {} : { regions: said(regions) }),
  };
}

/** Of small piecewise-linear networks. */
async function byRegions(
  { analysed, input, output }: PreparedNetwork,
  inputs: number,
  region: Region,
  work: Work,
): Promise<RegionStretch | undefined> {
  const program = inputs <= mostInputs ? programOf(analysed, input, output) : undefined;
  return program && stretchByRegions(program, region, work);
}

function said({ regions: count, least, verdict }: RegionStretch): StretchOfRegions {
  const value = verdict === 'exactly' ? least : verdict === 'locally' ? null : 0;
  return { count, least, verdict, value };
}

/** With a constant of its own a map is continuous, and no continuous map into fewer dimensions keeps all points apart (Brouwer). */
const isContinuous = (kind: AnalysedNode['rule']['kind']): boolean => kind !== 'unbounded' && kind !== 'unsupported';

const isSolid = (region: Region): boolean =>
  region.kind === 'all' ||
  (region.kind === 'ball' ? region.radius > 0 : region.lower.every((low, i) => low < region.upper[i]!));

async function ruled(
  { analysed, input }: PreparedNetwork,
  region: Region,
  work: Work,
): Promise<readonly AnalysedNode[]> {
  const nodes = analyse(analysed, undefined);
  const boxes = await rangesOn(analysed, input, region, nodes, work);
  return boxes === undefined ? nodes : withRanges(analysed, nodes, boxes);
}

async function composed(
  { analysed, input, output }: PreparedNetwork,
  nodes: readonly AnalysedNode[],
  norm: Norm,
  work: Work,
): Promise<LeastStretch> {
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  const maps = new AffineMaps(analysed);
  const most = new Map(nodes.map(({ node, closed }) => [node.id, closed[norm]?.upper ?? Number.POSITIVE_INFINITY]));
  const least = new Map<string, number>();
  for (const { node, rule } of nodes) {
    const map = rule.kind === 'affine' ? maps.of(node) : undefined;
    if (map === undefined) continue;
    await work.breathe();
    least.set(node.id, (await unlessLate(leastStretchBelow(map, norm, new Pace(work)))) ?? 0);
    for await (const { upper } of operatorNorm(map, norm, work)) most.set(node.id, Math.min(most.get(node.id)!, upper));
  }
  const blocks = await boundBlocks(analysed, input, norm, rules, productsOf(nodes), work);
  const constantOf = (id: string): number => most.get(id) ?? Number.POSITIVE_INFINITY;
  return leastStretch({
    network: analysed,
    input,
    output,
    rules,
    norm,
    constantOf,
    blocks,
    leastOf: ({ id }) => least.get(id) ?? 0,
  });
}

async function unlessLate<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
    return undefined;
  }
}

/** The best pair, proved in doubles; as the engine computed it where an operator cannot be enclosed. */
async function nearest(
  { runnable, output }: PreparedNetwork,
  region: Region,
  norm: Norm,
  regions: RegionStretch | undefined,
  work: Work,
): Promise<NearestImages | undefined> {
  const opened = await openForward(runnable, output, work);
  if ('refused' in opened) return undefined;
  await using forward = opened;
  const found: (NearPair & { readonly method?: 'activation-regions' })[] = [];
  for await (const pair of nearPairs(forward, region, norm, work)) found.push(pair);
  let best: NearestImages | undefined;
  // The nearest ones may be near by rounding in single precision only.
  const pair = regions?.pair;
  const last = found.slice(-3);
  if (pair !== undefined) last.push({ ...pair, quotient: regions!.least, method: 'activation-regions' });
  for (const { x, y, quotient, method = 'near-pairs' } of last) {
    const witness = { x: [...x], y: [...y] };
    const fx = await enclosedImage(runnable, output, witness.x, work);
    const fy = fx && (await enclosedImage(runnable, output, witness.y, work));
    const proved = fx && fy && quotientAbove(witness, fx, fy, norm);
    const images: NearestImages =
      proved === undefined
        ? { value: quotient, method, rigor: 'numerical', witness }
        : { value: proved, method, rigor: 'certified', witness };
    if (Number.isFinite(images.value) && images.value < (best?.value ?? Number.POSITIVE_INFINITY)) best = images;
  }
  return best;
}
