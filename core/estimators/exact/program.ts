/**
 * A piecewise-linear network as a short list of numbers: unit after unit, each a piecewise-linear function of one affine
 * combination of the inputs and of earlier units. Chains, residual and concatenated branches, maxima: all have this one form.
 * The numbers come with bounds of their errors, because products of neighbouring affine layers had to be rounded.
 */
export interface PiecewiseLinearProgram {
  /** Inputs of the network, flattened. */
  readonly inputs: number;
  readonly units: readonly Unit[];
  readonly outputs: readonly Combination[];
}

export interface Unit {
  readonly argument: Combination;
  readonly pieces: Pieces;
}

/** constant + sum of x-terms + sum of unit terms. */
export interface Combination {
  readonly constant: Coefficient;
  readonly inputs: readonly Term[];
  readonly units: readonly Term[];
}

export interface Coefficient {
  readonly value: number;
  /** |value - the exact one|; 0 where it is a number of the file. */
  readonly error: number;
}

export interface Term extends Coefficient {
  readonly index: number;
}

/** On piece i, between breaks i-1 and i, the function is slopes[i] y + intercepts[i], exactly; it is continuous. */
export interface Pieces {
  readonly breaks: readonly number[];
  readonly slopes: readonly number[];
  readonly intercepts: readonly number[];
}

export const pieceAt = ({ breaks }: Pieces, y: number): number => {
  let piece = 0;
  while (piece < breaks.length && y > breaks[piece]!) piece++;
  return piece;
};

export const valueOf = (pieces: Pieces, y: number): number => {
  const piece = pieceAt(pieces, y);
  const slope = pieces.slopes[piece]!;
  return (slope === 0 ? 0 : slope * y) + pieces.intercepts[piece]!;
};

export const steepest = ({ slopes }: Pieces): number =>
  slopes.reduce((most, slope) => Math.max(most, Math.abs(slope)), 0);

/** Units that no output depends on would only be branched on in vain. */
export function withoutIdleUnits({ inputs, units, outputs }: PiecewiseLinearProgram): PiecewiseLinearProgram {
  const needed = units.map(() => false);
  const need = ({ units: terms }: Combination): void => {
    for (const { index } of terms) needed[index] = true;
  };
  outputs.forEach(need);
  for (let k = units.length - 1; k >= 0; k--) if (needed[k]) need(units[k]!.argument);
  let next = 0;
  const renamed = needed.map((stays) => (stays ? next++ : -1));
  const rename = (combination: Combination): Combination => ({
    ...combination,
    units: combination.units.map((term) => ({ ...term, index: renamed[term.index]! })),
  });
  return {
    inputs,
    units: units.flatMap((unit, k) => (needed[k] ? [{ ...unit, argument: rename(unit.argument) }] : [])),
    outputs: outputs.map(rename),
  };
}
