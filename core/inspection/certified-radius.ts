import type { Norm } from '../bound.ts';
import type { Work } from '../compute/work.ts';
import { encloseNetwork } from '../estimators/ranges/enclose-network.ts';
import { nodeOf } from '../network/new-node.ts';
import type { Network } from '../network/network.ts';
import { elementCount, tensorOfNumbers } from '../network/tensor.ts';
import { inferTypes } from '../passes/infer-types.ts';
import type { PreparedNetwork } from '../passes/prepare.ts';
import type { PinRadius } from '../report/map-pin.ts';
import { above, below } from '../rounding.ts';
import { openBoxBounds, type BoxBounds, type Box } from './box-bounds.ts';

/** Beyond this many outputs every pair's constant is taken to be the whole network's, times what a difference of two outputs may add. */
const mostRivals = 16;
/** Of the search for the largest ball whose own constant proves it. */
const steps = 14;

/**
 * The distance below which no point is decided otherwise (Tsuzuku et al. 2018; with constants of the ball: Hein and Andriushchenko 2017): the least,
 * over all other outputs, of the lead of the decided one over the constant of their difference. Both are proved, rounding included.
 */
export async function certifiedRadius(
  prepared: PreparedNetwork,
  point: Float64Array,
  decision: number,
  norm: Norm,
  work: Work,
): Promise<PinRadius | null> {
  const outputs = elementCount(prepared.analysed.types.get(prepared.output)!.shape);
  const rivals = Array.from({ length: outputs }, (_, k) => k).filter((k) => outputs === 1 || k !== decision);
  if (rivals.length > mostRivals) return null;
  let [global, local] = [Infinity, Infinity];
  for (const rival of rivals) {
    const lead = leadOver(prepared, outputs, decision, rival);
    const margin = await marginAt(lead, point, work);
    if (!(margin > 0)) return { global: 0, local: 0 };
    const bounds = await openBoxBounds(lead, norm, work);
    const everywhere = reach(margin, await bounds.everywhere(work));
    global = Math.min(global, everywhere);
    local = Math.min(local, Math.max(everywhere, await largestProvedBall(bounds, point, margin, work)));
  }
  // Where nothing ever changes the decision: as far as numbers go.
  return { global: Math.min(global, Number.MAX_VALUE), local: Math.min(local, Number.MAX_VALUE) };
}

/** How far a lead lasts: for ever where the network does not move at all, and nowhere where no constant is known. */
function reach(margin: number, constant: number): number {
  const far = margin / constant;
  if (far === Number.POSITIVE_INFINITY) return Number.MAX_VALUE;
  return far > 0 ? Math.max(0, below(far)) : 0;
}

/** The network with one output: by how much the decided one leads a rival; a single output leads zero. */
function leadOver(prepared: PreparedNetwork, outputs: number, decision: number, rival: number): PreparedNetwork {
  const signs = new Float64Array(outputs);
  if (outputs === 1) signs[0] = decision === 1 ? 1 : -1;
  else [signs[decision], signs[rival]] = [1, -1];
  const extended = (network: Network): Network => {
    const { output } = prepared;
    const type = network.types.get(output)!.type;
    const [flat, weights, lead] = ['lead/flat', 'lead/weights', 'lead'];
    const constants = new Map(network.constants);
    constants.set('lead/shape', tensorOfNumbers('lead/shape', [2], [1, outputs], 'int64'));
    constants.set(weights, tensorOfNumbers(weights, [outputs, 1], signs, type === 'float64' ? 'float64' : 'float32'));
    const nodes = [
      ...network.nodes,
      nodeOf('Reshape', 'lead/reshape', [output, 'lead/shape'], [flat]),
      nodeOf('MatMul', 'lead/difference', [flat, weights], [lead]),
    ];
    return inferTypes({ ...network, nodes, constants, outputs: [{ name: lead, type, shape: [1, 1] }] });
  };
  return { ...prepared, runnable: extended(prepared.runnable), analysed: extended(prepared.analysed), output: 'lead' };
}

/** Never above the lead at the point. */
async function marginAt(
  { analysed, input, output }: PreparedNetwork,
  point: Float64Array,
  work: Work,
): Promise<number> {
  const { shape } = analysed.types.get(input)!;
  const boxes = await encloseNetwork(analysed, { shape, lower: point, upper: point }, work, 'all');
  return boxes.get(output)?.lower[0] ?? Number.NEGATIVE_INFINITY;
}

/** The largest radius found with constant of the box of that radius times radius at most the margin. */
async function largestProvedBall(bounds: BoxBounds, point: Float64Array, margin: number, work: Work): Promise<number> {
  const proves = async (radius: number): Promise<number> => {
    const constant = await bounds.of(boxAround(point, radius), work);
    return Math.min(radius, reach(margin, constant));
  };
  let best = 0;
  let radius = margin;
  let [low, high] = [0, Infinity];
  for (let step = 0; step < steps; step++) {
    if (work.remainingSeconds() <= 0) break;
    const proved = await proves(radius);
    best = Math.max(best, proved);
    if (proved >= radius) low = radius;
    else high = radius;
    radius = high === Infinity ? 4 * radius : low === 0 ? radius / 4 : Math.sqrt(low * high);
  }
  return best;
}

const boxAround = (point: Float64Array, radius: number): Box => ({
  lower: point.map((x) => below(x - radius)),
  upper: point.map((x) => above(x + radius)),
});
