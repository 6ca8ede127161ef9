interface Moment {
  first: number;
  second: number;
}

const leastWeight = 0.1;

/** Kingma and Ba 2015, with a short memory. Every group of parameters has a name, under which its moments are kept. */
export class Adam {
  readonly #moments = new Map<string, Moment[]>();
  readonly #counts = new Map<string, number>();

  /** How far each parameter moves, in units of the rate. */
  move(name: string, gradient: Float64Array): Float64Array {
    let moments = this.#moments.get(name);
    if (moments === undefined)
      this.#moments.set(name, (moments = Array.from(gradient, () => ({ first: 0, second: 0 }))));
    const count = (this.#counts.get(name) ?? 0) + 1;
    this.#counts.set(name, count);
    let squares = 0;
    gradient.forEach((value, k) => {
      const own = moments[k]!;
      own.first = 0.9 * own.first + 0.1 * value;
      own.second = 0.99 * own.second + 0.01 * value * value;
      squares += own.second;
    });
    // What hardly matters does not move as far as what does.
    const floor = leastWeight * Math.sqrt(squares / gradient.length / (1 - 0.99 ** count));
    return Float64Array.from(moments, ({ first, second }) =>
      second === 0 ? 0 : first / (1 - 0.9 ** count) / (Math.sqrt(second / (1 - 0.99 ** count)) + floor),
    );
  }

  /** All members of a group take the same step, the one for the sum of their gradients. */
  moveTogether(name: string, gradient: Float64Array, groups: Int32Array): Float64Array {
    const sums = new Float64Array(groups.reduce((most, group) => Math.max(most, group), 0) + 1);
    groups.forEach((group, k) => (sums[group]! += gradient[k]!));
    const moves = this.move(name, sums);
    return Float64Array.from(groups, (group) => moves[group]!);
  }
}
