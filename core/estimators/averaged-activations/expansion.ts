import { lengthAbove } from '../../compute/linear-algebra/euclidean.ts';
import type { Pace } from '../../compute/linear-algebra/pace.ts';
import { above, gamma, unit } from '../../rounding.ts';
import { denseNorm } from '../norms/dense.ts';
import { type Chain, type LayerMatrix, middleOf } from '../slope-recursion/chain.ts';

/** Of the squares of doubles that are not tiny themselves, what underflow can add to a sum. */
const underflow = 1e-250;

/**
 * Combettes and Pesquet's bound (SIMODS 2, 2020): an activation with slopes in [c - r, c + r] is c times the identity plus r times a map that
 * makes nothing longer, so the network is the sum, over all choices of the activations that count with their r, of the linear maps in
 * between. With g_k a bound of what arrives at activation k,
 *   g_k = sum over j < k of r_j g_j |W_k c_(k-1) W_(k-1) .. c_(j+1) W_(j+1)|,  r_0 g_0 = 1,
 * adds up all 2^depth choices in depth^2 / 2 norms. Averaged activations (ReLU: c = r = 1/2) are theirs; slopes below 0 cost nothing more.
 */
export async function averagedBound({ layers, slopes }: Chain, pace: Pace): Promise<number> {
  const middles = slopes.map(middleOf);
  const own: number[] = [];
  for (const layer of layers) own.push(await normAbove(layer, pace));
  const arriving = layers.map(() => 0);
  for (let from = 0; from < layers.length; from++) {
    const source = from === 0 ? 1 : above(middles[from - 1]!.radius * arriving[from - 1]!);
    if (source === 0) continue;
    let path = layers[from]!;
    arriving[from] = above(arriving[from]! + above(source * own[from]!));
    for (let to = from + 1; to < layers.length; to++) {
      const { centre } = middles[to - 1]!;
      if (centre === 0) break;
      path = await product(layers[to]!, own[to]!, scaled(path, centre), pace);
      arriving[to] = above(arriving[to]! + above(source * (await normAbove(path, pace))));
    }
  }
  return arriving.at(-1)!;
}

/** The multiplications of the products and of the Gram matrices whose norms are proved. */
export function averagedCost({ layers }: Chain): number {
  let cost = 0;
  layers.forEach(({ columns }, from) => {
    for (let to = from; to < layers.length; to++) {
      const { rows, columns: inner } = layers[to]!;
      cost += (to > from ? rows * inner * columns : 0) + Math.min(rows, columns) ** 2 * Math.max(rows, columns);
    }
  });
  return cost;
}

async function normAbove({ rows, columns, entries, error }: LayerMatrix, pace: Pace): Promise<number> {
  let upper = Number.POSITIVE_INFINITY;
  for await (const found of denseNorm({ rows, columns, entries }, pace)) upper = Math.min(upper, found.upper ?? upper);
  return above(upper + error);
}

function scaled(matrix: LayerMatrix, factor: number): LayerMatrix {
  const entries = matrix.entries.map((entry) => factor * entry);
  const rounding = above(above(unit * lengthAbove(entries)) * (1 + 4 * unit));
  return { ...matrix, entries, error: above(above(Math.abs(factor) * matrix.error + rounding) + underflow) };
}

/** W P, where both are only known up to their errors: |W E| <= |W|_2 |E|_F. */
async function product(w: LayerMatrix, norm: number, p: LayerMatrix, pace: Pace): Promise<LayerMatrix> {
  const entries = await pace.products.product(w, p);
  await pace.rest();
  const size = lengthAbove(p.entries);
  const rounding = above(above(gamma(w.columns) * lengthAbove(w.entries)) * size);
  // `norm` is that of the exact W.
  const carried = above(above(norm * p.error) + above(w.error * size));
  return { rows: w.rows, columns: p.columns, entries, error: above(above(rounding + carried) + underflow) };
}
