import type { Work } from '../../compute/work.ts';
import type { Network } from '../../network/network.ts';
import { betweenEnds } from '../../passes/between-ends.ts';
import { RequestError } from '../../sentence.ts';
import type { BlockBounds, LightRule, NodeConstant } from '../composition/product.ts';
import { constantsFrom } from '../composition/product.ts';
import type { BoundMethod, BoundQuestion } from '../conductor/method.ts';
import { centreExpansion } from '../absolute-values/method.ts';
import { diagonalMultipliers } from '../multipliers/method.ts';
import type { SmoothingGraph } from './graph.ts';

/** Methods that look at slopes only, so that what they prove holds for the smoothed network as well. */
const methods: readonly BoundMethod[] = [centreExpansion, diagonalMultipliers];

/**
 * Better constants of the parts of a network that the closed forms are made of: all of it, what lies before a layer that bends, what lies behind. Yields all parts that are known by
 * then, as blocks, whenever one was found; each part gets its share of the time that is left.
 */
export async function* betterParts(
  graph: SmoothingGraph,
  constantOf: NodeConstant,
  blocks: BlockBounds,
  work: Work,
): AsyncGenerator<{ readonly blocks: BlockBounds; readonly done: number }> {
  const parts = partsOf(graph);
  let known = blocks;
  const start = performance.now();
  const all = work.remainingSeconds();
  for (const [at, part] of parts.entries()) {
    await work.breathe();
    const seconds = (performance.now() - start) / 1000;
    if (work.remainingSeconds() <= 0) return;
    const until = seconds + (all - seconds) / (parts.length - at);
    const own: Work = {
      engine: work.engine,
      breathe: () => work.breathe(),
      remainingSeconds: () => Math.min(work.remainingSeconds(), until - (performance.now() - start) / 1000),
    };
    const best = await boundOf(part, graph.rules, constantOf, known, own);
    if (best !== undefined)
      known = new Map([
        ...known,
        [part.output, [...(known.get(part.output) ?? []), { entry: part.input, value: best }]],
      ]);
    yield { blocks: known, done: (at + 1) / parts.length };
  }
}

interface Part {
  readonly network: Network;
  readonly input: string;
  readonly output: string;
}

/** The whole first, then beginnings and ends by turns. */
function partsOf({ network, input, output, nonlinear }: SmoothingGraph): readonly Part[] {
  const pairs: (readonly [string, string])[] = [[input, output]];
  for (const { node, rule } of nonlinear) {
    const before = 'input' in rule ? node.inputs[rule.input] : undefined;
    if (before !== undefined) pairs.push([input, before]);
    pairs.push([node.outputs[0]!, output]);
  }
  return pairs.flatMap(([from, to]) => {
    const part = from === to ? undefined : between({ network, input, output }, from, to);
    return part === undefined ? [] : [part];
  });
}

/** undefined where the end depends on the input not only through the beginning. */
function between(whole: Part, from: string, to: string): Part | undefined {
  try {
    return betweenEnds(whole, { input: from, output: to });
  } catch (error) {
    if (error instanceof RequestError) return undefined;
    throw error;
  }
}

/** undefined where nothing is better than the product. */
async function boundOf(
  { network, input, output }: Part,
  all: ReadonlyMap<string, LightRule>,
  constantOf: NodeConstant,
  blocks: BlockBounds,
  work: Work,
): Promise<number | undefined> {
  const rules = new Map(network.nodes.flatMap(({ id }) => (all.has(id) ? [[id, all.get(id)!] as const] : [])));
  const kinds = [...rules.values()].map(({ kind }) => kind);
  // A single layer is as good as its norm.
  if (kinds.every((kind) => kind === 'affine' || kind === 'constant') || !kinds.includes('affine')) return undefined;
  const standing = constantsFrom(network, input, 'l2', rules, constantOf, blocks).get(output);
  let best = standing ?? 0;
  const question: BoundQuestion = {
    ...{ runnable: network, analysed: network, input, output, rules, constantOf },
    norm: 'l2',
    region: { kind: 'all' },
  };
  for (const method of methods) {
    if (!method.applies(question) || work.remainingSeconds() <= 0) continue;
    try {
      for await (const bound of method.run(question, work))
        if (bound.side === 'upper' && bound.rigor === 'certified') best = Math.min(best, bound.value);
    } catch (error) {
      // One that does not fit this part says why; the product stands.
      if (!(error instanceof Error) || error.name === 'Cancelled') throw error;
    }
  }
  return standing !== undefined && best < standing ? best : undefined;
}
