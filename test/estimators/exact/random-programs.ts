import type {
  Combination,
  Pieces,
  PiecewiseLinearProgram,
  Term,
  Unit,
} from '../../../core/estimators/exact/program.ts';

/** Reproducible numbers in (0, 1). */
export function randomNumbers(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export const relu: Pieces = { breaks: [0], slopes: [0, 1], intercepts: [0, 0] };
export const leaky: Pieces = { breaks: [0], slopes: [0.1, 1], intercepts: [0, 0] };
export const absolute: Pieces = { breaks: [0], slopes: [-1, 1], intercepts: [0, 0] };
export const hardTanh: Pieces = { breaks: [-1, 1], slopes: [0, 1, 0], intercepts: [-1, 0, 1] };

export interface Recipe {
  /** Inputs, units of each layer, outputs. */
  readonly sizes: readonly number[];
  readonly seed: number;
  readonly pieces: Pieces;
  /** Whether every layer also sees the input and all layers before it. */
  readonly shortcuts?: boolean;
  readonly bias?: number;
}

/** Gaussian weights of He's size, rounded to float32. */
export function randomProgram({ sizes, seed, pieces, shortcuts = false, bias = 0.5 }: Recipe): PiecewiseLinearProgram {
  const uniform = randomNumbers(seed);
  const gaussian = (): number => Math.sqrt(-2 * Math.log(uniform() + 1e-300)) * Math.cos(2 * Math.PI * uniform());
  const inputs = sizes[0]!;
  const units: Unit[] = [];
  let layer: number[] = [];
  const combination = (first: boolean): Combination => {
    const seen = shortcuts ? units.map((_, k) => k).filter((k) => k <= (layer.at(-1) ?? -1)) : layer;
    const scale = Math.sqrt(2 / (first ? inputs : layer.length));
    const term = (index: number): Term => ({ index, value: Math.fround(scale * gaussian()), error: 0 });
    return {
      constant: { value: Math.fround(bias * gaussian()), error: 0 },
      inputs: first || shortcuts ? Array.from({ length: inputs }, (_, j) => term(j)) : [],
      units: first ? [] : seen.map(term),
    };
  };
  for (const [l, size] of sizes.slice(1, -1).entries()) {
    const rows = Array.from({ length: size }, () => combination(l === 0));
    layer = rows.map((argument) => units.push({ argument, pieces }) - 1);
  }
  return { inputs, units, outputs: Array.from({ length: sizes.at(-1)! }, () => combination(false)) };
}

/** Rows of the Jacobian when unit k takes the slope slopes[k]. */
export function jacobianOf(program: PiecewiseLinearProgram, slopes: readonly number[]): number[][] {
  const gradients: number[][] = [];
  const gradient = ({ inputs, units }: Combination): number[] => {
    const row = new Array<number>(program.inputs).fill(0);
    for (const { index, value } of inputs) row[index]! += value;
    for (const { index, value } of units) gradients[index]!.forEach((entry, j) => (row[j]! += value * entry));
    return row;
  };
  for (const [k, { argument }] of program.units.entries())
    gradients.push(gradient(argument).map((entry) => slopes[k]! * entry));
  return program.outputs.map(gradient);
}

/** The slope of every unit at x, and the output there. */
export function evaluate(program: PiecewiseLinearProgram, x: readonly number[]): { slopes: number[]; y: number[] } {
  const values: number[] = [];
  const slopes: number[] = [];
  const value = ({ constant, inputs, units }: Combination): number =>
    units.reduce(
      (sum, { index, value: weight }) => sum + weight * values[index]!,
      inputs.reduce((sum, { index, value: weight }) => sum + weight * x[index]!, constant.value),
    );
  for (const { argument, pieces } of program.units) {
    const y = value(argument);
    const piece = pieces.breaks.filter((bend) => y > bend).length;
    slopes.push(pieces.slopes[piece]!);
    values.push(pieces.slopes[piece]! * y + pieces.intercepts[piece]!);
  }
  return { slopes, y: program.outputs.map(value) };
}

/** Every choice of one slope per unit, whether its region exists or not. */
export function* slopePatterns(program: PiecewiseLinearProgram): Generator<number[]> {
  const choices = program.units.map(({ pieces }) => [...new Set(pieces.slopes)]);
  const total = choices.reduce((count, own) => count * own.length, 1);
  for (let number = 0; number < total; number++) {
    let rest = number;
    yield choices.map((own) => {
      const slope = own[rest % own.length]!;
      rest = Math.floor(rest / own.length);
      return slope;
    });
  }
}
