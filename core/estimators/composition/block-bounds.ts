import type { Norm } from '../../bound.ts';
import { OutOfTime, Pace } from '../../compute/linear-algebra/pace.ts';
import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import { elementCount } from '../../network/tensor.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { unit } from '../../rounding.ts';
import { largestChange, largestTotal } from '../absolute-values/by-columns.ts';
import { expansionOf, type Expansion } from '../absolute-values/expansion.ts';
import { stepsOf } from '../absolute-values/steps.ts';
import { expandedBound, isTrusted } from '../absolute-values/value.ts';
import { absoluteNormAbove, absoluteSums } from '../norms/absolute-sums.ts';
import { opaqueNorm } from '../norms/opaque.ts';
import { blocksOf, type Block } from './blocks.ts';
import { smallGroupsNorm } from './small-groups.ts';
import { onlySorts } from './sorting.ts';
import type { BlockBounds, LightRule } from './product.ts';

const mostSources = 2000;
/** Multiplications: of one block, and of all. It does not look at the clock, so that who verifies finds the same. */
const mostOfOne = 5e7;
const mostOfAll = 1.5e8;

/**
 * Constants of small blocks as a whole. Composed with the rest they are never worse than node by node: what sorts counts as 1, x - mean(x)
 * as what it is, and of affine nodes in a row the norm of their product is taken.
 */
export async function boundBlocks(
  network: Network,
  input: string,
  norm: Norm,
  rules: ReadonlyMap<string, LightRule>,
  productsOf: (id: string) => number,
  work: Work,
): Promise<BlockBounds> {
  const bounds = new Map<string, { readonly entry: string; readonly value: number }[]>();
  let spent = 0;
  for (const block of blocksOf(network, input, rules)) {
    await work.breathe();
    if (work.remainingSeconds() <= 0) break;
    const found = (value: number): unknown =>
      bounds.set(block.exit, [...(bounds.get(block.exit) ?? []), { entry: block.entry, value }]);
    if (onlySorts(network, block)) {
      found(1);
      continue;
    }
    const grouped = await smallGroupsNorm(network, block, norm, rules, work);
    if (grouped !== undefined && isTrusted(grouped)) {
      found(grouped);
      continue;
    }
    const cost = costOf(network, block, norm, rules, productsOf);
    if (cost > mostOfOne || spent + cost > mostOfAll) continue;
    const value = await boundOf(network, block, input, norm, rules, work);
    spent += cost;
    if (value !== undefined) found(value);
  }
  return bounds;
}

/** Every element of the entry, and of what is not linear, is sent through the layers behind it; l2 takes the square of the matrix. */
function costOf(
  network: Network,
  { entry, exit, nodes }: Block,
  norm: Norm,
  rules: ReadonlyMap<string, LightRule>,
  productsOf: (id: string) => number,
): number {
  const sizeOf = (name: string | undefined): number => {
    const shape = network.types.get(name ?? '')?.shape;
    return shape === undefined ? Number.POSITIVE_INFINITY : elementCount(shape);
  };
  let sources = sizeOf(entry);
  let products = 0;
  for (const { id, outputs } of nodes) {
    products += productsOf(id) + sizeOf(outputs[0]);
    if (rules.get(id)?.kind !== 'affine') sources += sizeOf(outputs[0]);
  }
  const [from, to] = [sizeOf(entry), sizeOf(exit)];
  return sources * products + (norm === 'l2' ? Math.min(from, to) * from * to : 0);
}

async function boundOf(
  network: Network,
  { entry, exit, nodes }: Block,
  input: string,
  norm: Norm,
  rules: ReadonlyMap<string, LightRule>,
  work: Work,
): Promise<number | undefined> {
  const steps = stepsOf({ ...network, nodes }, entry, exit, rules, 'centred');
  const size = network.types.get(entry);
  if (steps === undefined || size === undefined) return undefined;
  const affine = steps.every(({ remainder }) => remainder === undefined);
  // From the input on, the methods that look at the whole network do the same.
  if (!affine && entry === input) return undefined;
  const expansion = expansionOf(steps, entry, elementCount(size.shape), exit, mostSources);
  if (expansion === undefined) return undefined;
  let best = await expandedBound(expansion, { largestChange, largestTotal }, norm, work);
  if (norm === 'l2' && affine)
    best = Math.min(best ?? Number.POSITIVE_INFINITY, await spectralNorm(merged(expansion), work));
  return best !== undefined && isTrusted(best) ? best : undefined;
}

async function spectralNorm(map: LinearMap, work: Work): Promise<number> {
  let best = Number.POSITIVE_INFINITY;
  try {
    const absolute = absoluteNormAbove(await absoluteSums(map, work));
    best = absolute;
    for await (const { upper } of opaqueNorm(map, absolute, new Pace(work))) best = Math.min(best, upper ?? best);
  } catch (error) {
    if (!(error instanceof OutOfTime)) throw error;
  }
  return best;
}

/** All steps of an affine block as one map. Its magnitude is the sum over all paths, which is no less than that of the entries. */
function merged({ steps, input, inputSize, output, outputSize, error }: Expansion): LinearMap {
  const through = (absolute: boolean): LinearMap => {
    const lanes = steps.map((step) => ({
      ...step,
      lanes: step.lanes.map(({ from, map }) => ({ from, map: absolute ? map.magnitude() : map })),
    }));
    return {
      rows: outputSize,
      columns: inputSize,
      structure: { kind: 'opaque' },
      // What an entry may have lost, relative to the sum over all paths, in units.
      terms: Math.ceil(error / unit) + 1,
      entryError: 0,
      apply(x) {
        const values = new Map([[input, x]]);
        for (const { to, size, lanes: own } of lanes) {
          const sum = new Float64Array(size);
          for (const { from, map } of own) addTo(sum, map.apply(values.get(from)!));
          values.set(to, sum);
        }
        return values.get(output)!;
      },
      applyTransposed(y) {
        const values = new Map([[output, y]]);
        for (const { to, lanes: own } of lanes.toReversed()) {
          const value = values.get(to)!;
          for (const { from, map } of own) {
            const sum = values.get(from) ?? new Float64Array(map.columns);
            addTo(sum, map.applyTransposed(value));
            values.set(from, sum);
          }
        }
        return values.get(input)!;
      },
      magnitude: () => through(true),
    };
  };
  return through(false);
}

function addTo(sum: Float64Array, values: Float64Array): void {
  for (const [i, value] of values.entries()) sum[i]! += value;
}
