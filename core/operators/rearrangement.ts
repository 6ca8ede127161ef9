import { integer, integers, text } from '../network/network.ts';
import { elementCount, type Shape, type TensorType } from '../network/tensor.ts';
import { UserError } from '../sentence.ts';
import { broadcastShape, broadcastSource, indicesByStep } from './broadcast.ts';
import type { NodeFacts, OperatorDefinition } from './definition.ts';
import { exactly } from './enclosure.ts';
import { constantNumbers, positiveAxis, required, requiredNumbers, requiredOutput } from './facts.ts';
import type { LinearMap } from './linear-map.ts';
import { identityMap, selectionMap } from './maps/selection-map.ts';

/** Operators that only move elements: output i is input source(i). Without a source the order stays as it is. */
export function rearrangement(
  ops: readonly string[],
  shapeOf: (facts: NodeFacts, data: TensorType) => Shape,
  sourceOf?: (facts: NodeFacts, input: Shape, output: Shape) => Int32Array,
): OperatorDefinition {
  return {
    ops,
    kind: () => null,
    infer(facts) {
      const data = required(facts, 0);
      return [{ type: data.type, shape: shapeOf(facts, data) }];
    },
    rule(facts) {
      if (facts.constant(0) !== undefined)
        return { kind: 'unsupported', reason: 'it picks entries of a constant at positions that depend on the input' };
      const input = required(facts, 0).shape;
      const count = elementCount(input);
      const map =
        sourceOf === undefined
          ? identityMap(count)
          : selectionMap(sourceOf(facts, input, requiredOutput(facts).shape), count);
      return { kind: 'affine', input: 0, map };
    },
  };
}

export const rowMajorSteps = (shape: Shape): number[] => shape.map((_, axis) => elementCount(shape.slice(axis + 1)));

export const identity = rearrangement(['Identity'], (_, data) => data.shape);

const keep = rearrangement(['Dropout'], (_, data) => data.shape);

/** Dropout is the identity once training is over. */
export const dropout: OperatorDefinition = {
  ...keep,
  rule(facts) {
    const training =
      facts.input(2) !== undefined && constantNumbers(facts, 2)?.[0] !== 0 && constantNumbers(facts, 1)?.[0] !== 0;
    return training ? { kind: 'unsupported', reason: 'it drops entries at random, as in training' } : keep.rule(facts);
  },
  // Its mask is all true.
  enclose: (_, [box]) => [
    box!,
    exactly(
      box!.shape,
      box!.lower.map(() => 1),
    ),
  ],
};

export const flatten = rearrangement(['Flatten'], (facts, { shape }) => {
  const axis = positiveAxis(integer(facts.node, 'axis', 1), shape.length);
  return [elementCount(shape.slice(0, axis)), elementCount(shape.slice(axis))];
});

export const reshape = rearrangement(['Reshape'], (facts, { shape }) => {
  const target = requiredNumbers(facts, 1, 'The target shape');
  const copyZeros = integer(facts.node, 'allowzero', 0) === 0;
  const sizes = target.map((size, axis) => (size === 0 && copyZeros ? (shape[axis] ?? 0) : size));
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  const result = sizes.map((size) => (size === -1 ? elementCount(shape) / known : size));
  if (elementCount(result) !== elementCount(shape) || result.some((size) => !Number.isInteger(size) || size < 0))
    throw new UserError(
      `Reshape node "${facts.node.id}" turns [${shape.join(', ')}] into [${target.join(', ')}], which has another number of elements.`,
    );
  return result;
});

const axesOf = (facts: NodeFacts): readonly number[] | undefined => {
  const given = integers(facts.node, 'axes');
  if (given !== undefined) return given;
  return facts.node.inputs[1] === undefined || facts.node.inputs[1] === ''
    ? undefined
    : requiredNumbers(facts, 1, 'The axes');
};

export const squeeze = rearrangement(['Squeeze'], (facts, { shape }) => {
  const axes = axesOf(facts)?.map((axis) => positiveAxis(axis, shape.length));
  return shape.filter((size, axis) => (axes === undefined ? size !== 1 : !axes.includes(axis)));
});

export const unsqueeze = rearrangement(['Unsqueeze'], (facts, { shape }) => {
  const added = axesOf(facts) ?? [];
  const axes = new Set(added.map((axis) => positiveAxis(axis, shape.length + added.length)));
  const rest = [...shape];
  return Array.from({ length: shape.length + axes.size }, (_, axis) => (axes.has(axis) ? 1 : rest.shift()!));
});

export const permutationOf = (facts: NodeFacts, axes: number): readonly number[] =>
  integers(facts.node, 'perm') ?? Array.from({ length: axes }, (_, axis) => axes - 1 - axis);

export const transposition = rearrangement(
  ['Transpose'],
  (facts, { shape }) => permutationOf(facts, shape.length).map((axis) => shape[axis]!),
  (facts, input, output) => {
    const steps = rowMajorSteps(input);
    return indicesByStep(
      output,
      permutationOf(facts, input.length).map((axis) => steps[axis]!),
      0,
    );
  },
);

interface Range {
  readonly start: number;
  readonly step: number;
  readonly count: number;
}

/** Slice's starts, ends, axes and steps, as attributes (opset < 10) or inputs, clamped as the specification says. */
export function slicesOf(facts: NodeFacts, shape: Shape): Range[] {
  const read = (name: string, index: number): readonly number[] | undefined =>
    integers(facts.node, name) ??
    (facts.input(index) === undefined ? undefined : requiredNumbers(facts, index, `"${name}"`));
  const starts = read('starts', 1) ?? [];
  const ends = read('ends', 2) ?? [];
  const axes = (read('axes', 3) ?? starts.map((_, axis) => axis)).map((axis) => positiveAxis(axis, shape.length));
  const steps = read('steps', 4) ?? starts.map(() => 1);
  const ranges = shape.map((size): Range => ({ start: 0, step: 1, count: size }));
  axes.forEach((axis, k) => {
    const size = shape[axis]!;
    const step = steps[k]!;
    const clamp = (value: number, low: number, high: number): number =>
      Math.min(high, Math.max(low, value < 0 ? value + size : value));
    const start = step > 0 ? clamp(starts[k]!, 0, size) : clamp(starts[k]!, 0, size - 1);
    const end = step > 0 ? clamp(ends[k]!, 0, size) : clamp(ends[k]!, -1, size - 1);
    ranges[axis] = { start, step, count: Math.max(0, Math.ceil((end - start) / step)) };
  });
  return ranges;
}

export const slice = rearrangement(
  ['Slice'],
  (facts, { shape }) => slicesOf(facts, shape).map(({ count }) => count),
  (facts, input, output) => {
    const steps = rowMajorSteps(input);
    const ranges = slicesOf(facts, input);
    const start = ranges.reduce((sum, range, axis) => sum + range.start * steps[axis]!, 0);
    return indicesByStep(
      output,
      ranges.map((range, axis) => range.step * steps[axis]!),
      start,
    );
  },
);

export const gather = rearrangement(
  ['Gather'],
  (facts, { shape }) => {
    const axis = positiveAxis(integer(facts.node, 'axis', 0), shape.length);
    return [...shape.slice(0, axis), ...required(facts, 1).shape, ...shape.slice(axis + 1)];
  },
  (facts, input) => {
    const axis = positiveAxis(integer(facts.node, 'axis', 0), input.length);
    const size = input[axis]!;
    const inner = elementCount(input.slice(axis + 1));
    const picks = requiredNumbers(facts, 1, 'The index').map((at) => (at < 0 ? at + size : at));
    const outer = elementCount(input.slice(0, axis));
    const source = new Int32Array(outer * picks.length * inner);
    let to = 0;
    for (let o = 0; o < outer; o++)
      for (const at of picks) for (let k = 0; k < inner; k++) source[to++] = (o * size + at) * inner + k;
    return source;
  },
);

export const expand = rearrangement(
  ['Expand'],
  (facts, { shape }) => broadcastShape([shape, requiredNumbers(facts, 1, 'The target shape')]),
  (_, input, output) => broadcastSource(input, output),
);

export const tile = rearrangement(
  ['Tile'],
  (facts, { shape }) => {
    const repeats = requiredNumbers(facts, 1, 'The repeats');
    return shape.map((size, axis) => size * (repeats[axis] ?? 1));
  },
  (_, input, output) => {
    const steps = rowMajorSteps(input);
    const places = rowMajorSteps(output);
    return Int32Array.from({ length: elementCount(output) }, (_value, i) =>
      input.reduce((at, size, axis) => at + ((Math.floor(i / places[axis]!) % output[axis]!) % size) * steps[axis]!, 0),
    );
  },
);

/** DepthToSpace and SpaceToDepth are a Transpose between two Reshapes. */
function blocks(input: Shape, sizes: readonly number[], order: readonly number[]): Int32Array {
  const shape = [input[0]!, ...sizes];
  const steps = rowMajorSteps(shape);
  return indicesByStep(
    order.map((axis) => shape[axis]!),
    order.map((axis) => steps[axis]!),
    0,
  );
}

export const depthToSpace = rearrangement(
  ['DepthToSpace'],
  (facts, { shape }) => {
    const block = integer(facts.node, 'blocksize', 1);
    return [shape[0]!, shape[1]! / block ** 2, shape[2]! * block, shape[3]! * block];
  },
  (facts, input) => {
    const block = integer(facts.node, 'blocksize', 1);
    const depth = input[1]! / block ** 2;
    return text(facts.node, 'mode', 'DCR') === 'CRD'
      ? blocks(input, [depth, block, block, input[2]!, input[3]!], [0, 1, 4, 2, 5, 3])
      : blocks(input, [block, block, depth, input[2]!, input[3]!], [0, 3, 4, 1, 5, 2]);
  },
);

export const spaceToDepth = rearrangement(
  ['SpaceToDepth'],
  (facts, { shape }) => {
    const block = integer(facts.node, 'blocksize', 1);
    return [shape[0]!, shape[1]! * block ** 2, shape[2]! / block, shape[3]! / block];
  },
  (facts, input) => {
    const block = integer(facts.node, 'blocksize', 1);
    return blocks(input, [input[1]!, input[2]! / block, block, input[3]! / block, block], [0, 3, 5, 1, 2, 4]);
  },
);

function partMap(facts: NodeFacts, output: number): LinearMap {
  const { shape } = required(facts, 0);
  const axis = positiveAxis(integer(facts.node, 'axis', 0), shape.length);
  const sizeOf = (part: number): number => {
    const type = facts.output(part);
    if (type === undefined)
      throw new UserError(`The shape of an output of Split node "${facts.node.id}" is not known.`);
    return type.shape[axis]!;
  };
  const start = facts.node.outputs.slice(0, output).reduce((before, _, part) => before + sizeOf(part), 0);
  const steps = rowMajorSteps(shape);
  const part = shape.map((size, a) => (a === axis ? sizeOf(output) : size));
  return selectionMap(indicesByStep(part, steps, start * steps[axis]!), elementCount(shape));
}

/** Parts of a tensor along one axis; each output is a slice. */
export const split: OperatorDefinition = {
  ops: ['Split'],
  kind: () => null,
  infer(facts) {
    const { type, shape } = required(facts, 0);
    const axis = positiveAxis(integer(facts.node, 'axis', 0), shape.length);
    if (facts.input(1) !== undefined) requiredNumbers(facts, 1, 'The sizes');
    const parts = facts.node.outputs.length;
    const equal = Math.ceil(shape[axis]! / parts);
    const sizes =
      integers(facts.node, 'split') ??
      constantNumbers(facts, 1) ??
      Array.from({ length: parts }, (_, part) => Math.min(equal, shape[axis]! - part * equal));
    return Array.from(sizes, (size) => ({ type, shape: shape.map((own, a) => (a === axis ? size : own)) }));
  },
  rule: (facts) => ({
    kind: 'affine',
    input: 0,
    map: identityMap(elementCount(required(facts, 0).shape)),
    parts: (output) => partMap(facts, output),
  }),
  enclose(facts, [box]) {
    const shape = required(facts, 0).shape;
    const axis = positiveAxis(integer(facts.node, 'axis', 0), shape.length);
    const inner = elementCount(shape.slice(axis + 1));
    const outer = elementCount(shape.slice(0, axis));
    let start = 0;
    return facts.node.outputs.map((_, part) => {
      const output = facts.output(part)!.shape;
      const size = output[axis]!;
      const take = (numbers: Float64Array): Float64Array => {
        const result = new Float64Array(outer * size * inner);
        for (let o = 0; o < outer; o++) {
          const from = (o * shape[axis]! + start) * inner;
          result.set(numbers.subarray(from, from + size * inner), o * size * inner);
        }
        return result;
      };
      const piece = { shape: output, lower: take(box!.lower), upper: take(box!.upper) };
      start += size;
      return piece;
    });
  },
};
