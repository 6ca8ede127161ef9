import type { CertifiedUpper, Norm } from '../../core/bound.ts';
import type { Engine } from '../../core/compute/engine.ts';
import type { BoundMethod, BoundQuestion } from '../../core/estimators/conductor/method.ts';
import { rangesOn } from '../../core/estimators/ranges/ranges-on.ts';
import { analyse, withRanges, type AnalysedNode } from '../../core/inspection/layers.ts';
import { tightened } from '../../core/inspection/tightened.ts';
import type { Network } from '../../core/network/network.ts';
import { prepare, type PreparedNetwork } from '../../core/passes/prepare.ts';
import type { Region } from '../../core/region.ts';
import { workOf } from '../estimators/norms/small-maps.ts';

export interface RegionQuestion extends BoundQuestion {
  readonly prepared: PreparedNetwork;
  readonly nodes: readonly AnalysedNode[];
}

/** What an inspection asks its methods about a region, without norms of layers. */
export async function regionQuestion(
  network: Network,
  regionFor: (size: number) => Region,
  norm: Norm,
  engine: Engine,
): Promise<RegionQuestion> {
  const prepared = await prepare(network, { dims: {}, held: new Map() }, engine);
  const { analysed, input } = prepared;
  const region = regionFor(analysed.types.get(input)!.shape.reduce((product, size) => product * size, 1));
  const bare = analyse(analysed, undefined);
  const intervals = (await rangesOn(analysed, input, region, bare, workOf()))!;
  const ranged = withRanges(analysed, bare, intervals);
  const nodes = (await tightened(analysed, input, region, ranged, intervals, workOf())) ?? ranged;
  const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
  return { ...prepared, prepared, nodes, norm, region, rules, constantOf: () => Number.POSITIVE_INFINITY };
}

/** The last upper end that a method proves, which is its best, or the first that is enough. */
export async function lastUpper(
  method: BoundMethod,
  question: BoundQuestion,
  engine: Engine,
  seconds: number,
  enough = 0,
): Promise<CertifiedUpper | undefined> {
  let last: CertifiedUpper | undefined;
  for await (const bound of method.run(question, { ...workOf(seconds), engine }))
    if (bound.side === 'upper' && bound.rigor === 'certified') {
      last = bound;
      if (bound.value <= enough) break;
    }
  return last;
}
