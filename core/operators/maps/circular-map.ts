import type { Convolution, LinearMap } from '../linear-map.ts';
import { convolutionMap } from './convolution-map.ts';
import { selectionMap } from './selection-map.ts';

/** A convolution of an input that is continued around a torus. */
export interface Circular {
  /** Of the padded input, without padding of its own. */
  readonly convolution: Convolution;
  /** Positions of the output on the whole torus, per axis. */
  readonly torus: readonly number[];
  /** For every element of the padded input: the element that it is. */
  readonly source: Int32Array;
}

/** No tap meets another one's element, so that |W| is what the kernel's absolute values give. */
export function circularMap(circular: Circular, columns: number, entryError = 0): LinearMap {
  const { convolution, source } = circular;
  const [pad, slide] = [selectionMap(source, columns), convolutionMap(convolution, entryError)];
  return {
    rows: slide.rows,
    columns,
    // Of the transposed map, an element sums over its copies as well.
    terms: slide.terms * pad.terms,
    structure: { kind: 'opaque', circular },
    entryError,
    apply: (x) => slide.apply(pad.apply(x)),
    applyTransposed: (y) => pad.applyTransposed(slide.applyTransposed(y)),
    magnitude: () => circularMap({ ...circular, convolution: { ...convolution, kernel: convolution.kernel.map(Math.abs) } }, columns, entryError), // prettier-ignore
  };
}
