import { integers } from '../../network/network.ts';
import { elementCount, type Shape } from '../../network/tensor.ts';
import type { NodeFacts } from '../../operators/definition.ts';
import { required } from '../../operators/facts.ts';
import { windowOf } from '../../operators/window.ts';

/** The input elements under every window; padding never wins a maximum. */
export function windowsOf(facts: NodeFacts): readonly (readonly number[])[] {
  const shape = required(facts, 0).shape;
  const plane = elementCount(shape.slice(2));
  const outer = shape[0]! * shape[1]!;
  const inPlane = facts.node.op === 'GlobalMaxPool' ? [[...indices(0, plane)]] : planeWindows(facts, shape.slice(2));
  return Array.from({ length: outer }, (_, o) => inPlane.map((window) => window.map((at) => o * plane + at))).flat();
}

function planeWindows(facts: NodeFacts, size: Shape): number[][] {
  const window = windowOf(facts, size, integers(facts.node, 'kernel_shape') ?? []);
  const place = (index: number, sizes: readonly number[], axis: number): number =>
    Math.floor(index / elementCount(sizes.slice(axis + 1))) % sizes[axis]!;
  return [...indices(0, elementCount(window.outputSize))].map((position) =>
    [...indices(0, elementCount(window.kernel))].flatMap((tap) => {
      let from = 0;
      for (const axis of size.keys()) {
        const at =
          place(position, window.outputSize, axis) * window.strides[axis]! +
          place(tap, window.kernel, axis) * window.dilations[axis]! -
          window.padsBegin[axis]!;
        if (at < 0 || at >= size[axis]!) return [];
        from = from * size[axis]! + at;
      }
      return [from];
    }),
  );
}

const indices = (start: number, count: number): Int32Array => Int32Array.from({ length: count }, (_, i) => start + i);
