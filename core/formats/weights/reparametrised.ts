import { elementCount, numbersOf, type Shape, type Tensor } from '../../network/tensor.ts';
import { gamma } from '../../rounding.ts';
import { recentlyMade } from '../recently-made.ts';

/**
 * W / sigma with sigma = u' W v, W as a matrix whose rows run along one axis: the first, or the second of transposed convolutions. The
 * stored u tells which by its length; where both fit, the one along which u and v are the singular vectors, that is the larger sigma.
 */
export function spectrallyNormalised(weight: Tensor, u: Tensor, v: Tensor): Tensor | undefined {
  const count = elementCount(weight.shape);
  const fits = [0, 1].filter(
    (axis) => weight.shape[axis] === elementCount(u.shape) && count === elementCount(u.shape) * elementCount(v.shape),
  );
  if (fits.length === 0) return undefined;
  return derived(weight, () => {
    const entries = numbersOf(weight);
    const [left, right] = [numbersOf(u), numbersOf(v)];
    const sigmas = fits.map((axis) => bilinear(entries, weight.shape, axis, left, right));
    const { value, magnitude } = sigmas.reduce((best, sigma) => (sigma.value > best.value ? sigma : best));
    // The sum has as many terms as the weight has entries; each is a product of three.
    const error = (gamma(count + 4) * magnitude) / Math.abs(value);
    return { numbers: entries.map((entry) => entry / value), relativeError: 2 * error + 2 ** -51 };
  });
}

/** u' W v, and the same of absolute values, which is what its rounding error is measured by. */
function bilinear(
  entries: Float64Array,
  shape: Shape,
  axis: number,
  u: Float64Array,
  v: Float64Array,
): { readonly value: number; readonly magnitude: number } {
  const inner = elementCount(shape.slice(axis + 1));
  const size = shape[axis]!;
  let [value, magnitude] = [0, 0];
  for (let at = 0; at < entries.length; at++) {
    const row = Math.floor(at / inner) % size;
    // Columns: all other axes, in their order.
    const column = Math.floor(at / (inner * size)) * inner + (at % inner);
    const term = u[row]! * entries[at]! * v[column]!;
    value += term;
    magnitude += Math.abs(term);
  }
  return { value, magnitude };
}

/** g v / |v|, the norm taken over all axes but the one along which g runs, or over all of them where g is one number. */
export function weightNormalised(v: Tensor, g: Tensor): Tensor | undefined {
  const axis = axisOf(g.shape, v.shape);
  if (axis === undefined) return undefined;
  return derived(v, () => {
    const entries = numbersOf(v);
    const factors = numbersOf(g);
    const inner = axis === 'all' ? entries.length : elementCount(v.shape.slice(axis + 1));
    const place = (at: number): number => Math.floor(at / inner) % factors.length;
    const squares = new Float64Array(factors.length);
    entries.forEach((entry, at) => (squares[place(at)]! += entry * entry));
    return {
      numbers: entries.map((entry, at) => (factors[place(at)]! * entry) / Math.sqrt(squares[place(at)]!)),
      relativeError: gamma(entries.length / factors.length + 8),
    };
  });
}

function axisOf(g: Shape, v: Shape): number | 'all' | undefined {
  if (elementCount(g) === 1) return 'all';
  const axis = g.findIndex((size) => size !== 1);
  return g.length === v.length && g[axis] === v[axis] && elementCount(g) === v[axis] ? axis : undefined;
}

export function pruned(weight: Tensor, mask: Tensor): Tensor | undefined {
  if (mask.shape.join() !== weight.shape.join()) return undefined;
  return derived(weight, () => {
    const kept = numbersOf(mask);
    return { numbers: numbersOf(weight).map((entry, at) => entry * kept[at]!), relativeError: 2 ** -52 };
  });
}

interface Computed {
  readonly numbers: Float64Array;
  readonly relativeError: number;
}

/** Computed when it is asked for, and again after memory was needed for something else. */
function derived({ name, shape }: Tensor, compute: () => Computed): Tensor {
  let relativeError: number | undefined;
  const computed = recentlyMade(
    () => {
      const result = compute();
      relativeError = result.relativeError;
      return result;
    },
    ({ numbers }) => numbers.byteLength,
  );
  return {
    name,
    shape,
    type: 'float64',
    get relativeError() {
      return relativeError ?? computed().relativeError;
    },
    bytes() {
      const { numbers } = computed();
      return new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
    },
  };
}
