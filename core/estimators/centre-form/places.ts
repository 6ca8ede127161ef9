import type { Expansion } from '../absolute-values/expansion.ts';
import type { Group, Place } from './form.ts';

/** Where the arguments and the deviations of all units stand in the form. */
export interface Layout {
  readonly groups: readonly Group[];
  readonly arguments: number;
  readonly deviations: number;
  /** By tensor: arguments, and the deviations that end in a tensor. */
  readonly argumentsOf: ReadonlyMap<string, Place>;
  readonly deviationsOf: ReadonlyMap<string, Place>;
}

/** Units whose slopes have no width on the region take no part: their elements are left out. */
export function layoutOf({ steps, input, inputSize }: Expansion): Layout {
  const sizes = new Map([[input, inputSize], ...steps.map(({ to, size }) => [to, size] as const)]);
  const looked = new Map<string, Uint8Array>();
  const deviationsOf = new Map<string, Place>();
  let deviations = 0;
  for (const { to, size, remainder } of steps) {
    if (remainder === undefined) continue;
    const reached = remainder.forward(remainder.from.map((from) => new Float64Array(sizes.get(from)!).fill(1)));
    const elements = indicesOf(reached);
    deviationsOf.set(to, { size, elements, start: deviations });
    deviations += elements.length;
    for (const [k, weights] of remainder.backward(new Float64Array(size).fill(1)).entries()) {
      const name = remainder.from[k]!;
      const seen = looked.get(name) ?? new Uint8Array(weights.length);
      looked.set(name, seen);
      weights.forEach((weight, i) => (seen[i]! |= Number(weight !== 0)));
    }
  }
  const argumentsOf = new Map<string, Place>();
  let count = 0;
  for (const [name, size] of sizes) {
    const seen = looked.get(name);
    if (seen === undefined) continue;
    const elements = indicesOf(seen);
    argumentsOf.set(name, { size, elements, start: count });
    count += elements.length;
  }
  const groups = steps.flatMap(({ to, remainder }): Group[] =>
    remainder === undefined
      ? []
      : [
          {
            remainder,
            arguments: remainder.from.map((from) => argumentsOf.get(from)!),
            deviations: deviationsOf.get(to)!,
          },
        ],
  );
  return { groups, arguments: count, deviations, argumentsOf, deviationsOf };
}

const indicesOf = (marks: ArrayLike<number>): Int32Array =>
  Int32Array.from(Array.from({ length: marks.length }, (_, i) => i).filter((i) => marks[i] !== 0));
