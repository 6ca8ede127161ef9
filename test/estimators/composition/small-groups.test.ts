import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { norms, type Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { blocksOf } from '../../../core/estimators/composition/blocks.ts';
import { smallGroupsNorm } from '../../../core/estimators/composition/small-groups.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { elementCount, type Shape } from '../../../core/network/tensor.ts';
import { prepare } from '../../../core/passes/prepare.ts';
import { lengthOf } from '../../../core/region.ts';
import { checkAgainstRuntime, openReference, pointOf } from '../../operators/against-runtime.ts';
import { networkOf, node, weights, type ConstantSketch, type NodeSketch } from '../../operators/small-networks.ts';
import { workOf } from '../norms/small-maps.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const angles = [0.3, -1.2];
const each = (of: (angle: number) => number): ConstantSketch => ({ shape: [1, 2, 1], values: angles.map(of) });
const direction = [0.6, -0.48, 0, 0.64];
const constants = {
  sines: each((angle) => Math.sin(angle / 2)),
  'minus cosines': each((angle) => -Math.cos(angle / 2)),
  direction: { shape: [4], values: direction },
  'as a column': { shape: [4, 1], values: direction },
  two: { shape: [], values: [2] },
  half: { shape: [], values: [0.5] },
  matrix: weights([4, 4], 5),
  outwards: weights([4], 7),
};
const halves = node('Split', 'x', 'a', { axis: 1, num_outputs: 2 });
const split: NodeSketch = { ...halves, outputs: ['a', 'b'] };
const joined = (one: string, other: string): NodeSketch => node('Concat', `${one}, ${other}`, 'y', { axis: 1 });
const images: Shape = [1, 4, 3];

/** With the constants of what they are, where people have names for them. */
const blocks: readonly (readonly [string, Shape, readonly NodeSketch[], Readonly<Record<Norm, number>> | undefined])[] =
  [
    [
      'maxima and minima by the size of the difference',
      images,
      [
        split,
        node('Add', 'a, b', 's'),
        node('Mul', 's, half', 'm'),
        node('Sub', 'b, a', 'd'),
        node('Abs', 'd', 'e'),
        node('Mul', 'e, half', 'f'),
        node('Add', 'm, f', 'p'),
        node('Sub', 'm, f', 'q'),
        joined('p', 'q'),
      ],
      { l1: 1, l2: 1, linf: 1 },
    ],
    [
      'maxima and minima by Relu and Max',
      images,
      [split, node('Sub', 'a, b', 'd'), node('Relu', 'd', 'r'), node('Sub', 'a, r', 'q'), node('Max', 'b, a', 'p'), joined('p', 'q')], // prettier-ignore
      { l1: 1, l2: 1, linf: 1 },
    ],
    [
      'the positive part beside the negative one',
      images,
      [node('Relu', 'x', 'p'), node('Neg', 'x', 'n'), node('Relu', 'n', 'q'), joined('p', 'q')],
      { l1: 1, l2: 1, linf: 1 },
    ],
    [
      'reflections of pairs',
      images,
      [
        split,
        node('Mul', 'a, sines', 'as'),
        node('Mul', 'b, minus cosines', 'bc'),
        node('Add', 'as, bc', 'd'),
        node('Relu', 'd', 'r'),
        node('Mul', 'r, two', 't'),
        node('Mul', 't, sines', 'ts'),
        node('Mul', 't, minus cosines', 'tc'),
        node('Sub', 'a, ts', 'p'),
        node('Sub', 'b, tc', 'q'),
        joined('p', 'q'),
      ],
      { l1: Math.abs(Math.cos(-1.2)) + Math.abs(Math.sin(-1.2)), l2: 1, linf: Math.abs(Math.cos(-1.2)) + Math.abs(Math.sin(-1.2)) }, // prettier-ignore
    ],
    [
      'a reflection of all channels',
      [1, 4],
      [
        node('MatMul', 'x, as a column', 'd'),
        node('Relu', 'd', 'r'),
        node('Mul', 'r, two', 't'),
        node('Mul', 't, direction', 'u'),
        node('Sub', 'x, u', 'y'),
      ],
      undefined,
    ],
    [
      'a planar flow',
      [1, 4],
      [node('MatMul', 'x, as a column', 'd'), node('Tanh', 'd', 'r'), node('Mul', 'r, outwards', 'u'), node('Add', 'u, x', 'y')], // prettier-ignore
      undefined,
    ],
    [
      'kinks behind kinks',
      [1, 4],
      [
        node('MatMul', 'x, matrix', 'd'),
        node('LeakyRelu', 'd', 'l'),
        node('Min', 'l, x', 'n'),
        node('Sub', 'n, x', 'y'),
      ],
      undefined,
    ],
  ];

async function found(input: Shape, nodes: readonly NodeSketch[]): Promise<Readonly<Record<Norm, number>>> {
  const { analysed } = await prepare(networkOf({ input, nodes, constants, output: 'y' }), { dims: {}, held: new Map() }, engine); // prettier-ignore
  const rules = new Map(analyse(analysed, undefined).map((own) => [own.node.id, own.rule]));
  const block = blocksOf(analysed, 'x', rules).find(({ entry, exit }) => entry === 'x' && exit === 'y')!;
  const values: Partial<Record<Norm, number>> = {};
  for (const norm of norms)
    values[norm] = (await smallGroupsNorm(analysed, block, norm, rules, workOf())) ?? Number.POSITIVE_INFINITY;
  return values as Record<Norm, number>;
}

describe('A block of small groups', () => {
  it.each(blocks)(
    '%s is bounded in every norm by what is seen, and by no more than its constant',
    async (_, input, nodes, truth) => {
      const bounds = await found(input, nodes);
      const network = networkOf({ input, nodes, constants, output: 'y' });
      await using reference = await openReference(network, engine);
      const size = elementCount(input);
      const seen: Record<Norm, number> = { l1: 0, l2: 0, linf: 0 };
      for (let k = 0; k < 60; k++) {
        const x = pointOf(size, 3 + k, -2, 2);
        const only = k % (size + 1);
        const y = x.map((value, i) => value + (only === size || only === i ? (1 - 2 * (k % 2)) * 2 ** -(k % 9) : 0));
        const [fx, fy] = [await reference.evaluate(x), await reference.evaluate(y)];
        for (const norm of norms) {
          const moved = lengthOf(fx.map((value, i) => value - fy[i]!), norm); // prettier-ignore
          seen[norm] = Math.max(seen[norm], (moved - 1e-6) / lengthOf(x.map((value, i) => value - y[i]!), norm)); // prettier-ignore
        }
      }
      for (const norm of norms) {
        expect(bounds[norm]).toBeGreaterThanOrEqual(seen[norm] * (1 - 1e-6));
        if (truth !== undefined) expect(bounds[norm]).toBeLessThan(truth[norm] * (1 + 1e-6));
        expect(bounds[norm]).toBeLessThan(10);
      }
      await checkAgainstRuntime(network, engine, { points: 4 });
    },
  );

  it('that reflects all channels at once has the constant 1', async () => {
    const reflection = blocks.find(([name]) => name === 'a reflection of all channels')!;
    // The squares of its direction sum to 1 up to the rounding of the file.
    expect((await found(reflection[1], reflection[2])).l2).toBeLessThan(1 + 1e-6);
  });

  it('with one kink, x + u |w x|, has the larger norm of I + u w and I - u w, whatever they are', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.float({ min: -2, max: 2, noNaN: true }), { minLength: 4, maxLength: 4 }),
        async ([a, b, c, d]) => {
          // prettier-ignore
          const [u, w] = [
          [a!, b!],
          [c!, d!],
        ] as const;
          const nodes = [node('MatMul', 'x, w', 'd'), node('Abs', 'd', 'e'), node('Mul', 'e, u', 'f'), node('Add', 'x, f', 'y')]; // prettier-ignore
          const own = { w: { shape: [2, 1], values: w }, u: { shape: [2], values: u } };
          const { analysed } = await prepare(networkOf({ input: [1, 2], nodes, constants: own, output: 'y' }), { dims: {}, held: new Map() }, engine); // prettier-ignore
          const rules = new Map(analyse(analysed, undefined).map(({ node: of, rule }) => [of.id, rule]));
          const block = blocksOf(analysed, 'x', rules).find(({ exit }) => exit === 'y')!;
          const value = await smallGroupsNorm(analysed, block, 'l2', rules, workOf());
          const largest = Math.max(...[1, -1].map((sign) => stretch(u.map((ui, i) => w.map((wj, j) => Number(i === j) + sign * ui * wj))))); // prettier-ignore
          expect(value).toBeGreaterThanOrEqual(largest * (1 - 1e-7));
          expect(value).toBeLessThanOrEqual(largest * (1 + 1e-7));
        },
      ),
      { numRuns: 25 },
    );
  });
});

/** The larger singular value of two rows, by the quadratic formula. */
function stretch([[a, b], [c, d]]: number[][] | [[number, number], [number, number]]): number {
  const squares = a ** 2 + b ** 2 + c ** 2 + d ** 2;
  const determinant = a * d - b * c;
  return Math.sqrt((squares + Math.sqrt(Math.max(0, squares ** 2 - 4 * determinant ** 2))) / 2);
}
