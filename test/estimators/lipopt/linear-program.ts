import highs from 'highs';
import type { PathPolynomial } from '../../../core/estimators/lipopt/path-polynomial.ts';

/** Its types describe the CommonJS build, whose default export is one property further. */
const loadHighs = highs as unknown as typeof highs.default;

/**
 * LiPopt's linear program as it stands in the paper, for Handelman products along the paths, in variables x in [0, 1] with t = 2 x - 1 and d = low + (high - low) x: the least constant with
 *   constant - p(x) = sum of c (product of x and 1 - x over a path's variables),  c >= 0,
 * written down monomial by monomial and solved by HiGHS.
 */
export async function byLinearProgram({ sizes, weights, slopes }: PathPolynomial): Promise<number> {
  const kinds = sizes.length;
  const ends = [{ low: -1, high: 1 }, ...slopes];
  const equations = new Map<string, { constant: number; terms: string[] }>();
  const equation = (name: string) => {
    const known = equations.get(name) ?? { constant: 0, terms: [] };
    equations.set(name, known);
    return known;
  };
  weights.forEach((weight, path) => {
    const variables: number[] = [];
    let rest = path;
    for (const size of sizes) {
      variables.push(rest % size);
      rest = Math.floor(rest / size);
    }
    const name = (subset: number): string =>
      `m${variables.map((own, kind) => ((subset >> kind) & 1 ? own : 'z')).join('_')}`;
    for (let subset = 0; subset < 2 ** kinds; subset++) {
      const own = ends.reduce((product, { low, high }, kind) => product * ((subset >> kind) & 1 ? high - low : low), 1);
      equation(name(subset)).constant -= weight * own;
      // The product with x for the variables of `upper` and 1 - x for the others has this monomial for every subset that holds them.
      for (let upper = 0; upper < 2 ** kinds; upper++) {
        if ((upper & subset) !== upper) continue;
        const sign = (-1) ** bitsOf(subset & ~upper);
        equation(name(subset)).terms.push(`${sign < 0 ? '-' : '+'} c${path}_${upper}`);
      }
    }
  });
  const nothing = `m${sizes.map(() => 'z').join('_')}`;
  const opposite = (term: string): string => (term.startsWith('+') ? `-${term.slice(1)}` : `+${term.slice(1)}`);
  // Of the constant the bound is free; a line holds so many characters only.
  const lines = [...equations].map(([name, { constant, terms }]) =>
    name === nothing
      ? ` ${name}: + best\n${terms.map(opposite).join('\n')} = ${-constant}`
      : ` ${name}: ${terms.join('\n')} = ${constant}`,
  );
  const program = `Minimize\n obj: best\nSubject To\n${lines.join('\n')}\nBounds\n best free\nEnd\n`;
  const { Status, ObjectiveValue } = (await loadHighs()).solve(program, {});
  if (Status !== 'Optimal') throw new Error(`HiGHS: ${Status}`);
  return ObjectiveValue;
}

const bitsOf = (set: number): number => (set === 0 ? 0 : (set & 1) + bitsOf(set >> 1));
