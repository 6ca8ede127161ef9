import type { Engine, Session } from '../engine.ts';
import type { Pace } from './pace.ts';

/** A matrix written out, row-major. */
export interface Dense {
  readonly rows: number;
  readonly columns: number;
  readonly entries: Float64Array;
}

export const zeros = (rows: number, columns: number): Dense => ({
  rows,
  columns,
  entries: new Float64Array(rows * columns),
});

type Form = 'plain' | 'rightTransposed' | 'leftTransposed';

/** c = a b, a b' and a' b in doubles, opset 13; written by the onnx package's `helper`. */
const models: Readonly<Record<Form, string>> = {
  plain: 'CAg6NwoRCgFhCgFiEgFjIgZNYXRNdWwSAWdaCQoBYRIECgIIC1oJCgFiEgQKAggLYgkKAWMSBAoCCAtCAhAN',
  rightTransposed:
    'CAg6RAoeCgFhCgFiEgFjIgRHZW1tKg0KBnRyYW5zQhgBoAECEgFnWgkKAWESBAoCCAtaCQoBYhIECgIIC2IJCgFjEgQKAggLQgIQDQ==',
  leftTransposed:
    'CAg6RAoeCgFhCgFiEgFjIgRHZW1tKg0KBnRyYW5zQRgBoAECEgFnWgkKAWESBAoCCAtaCQoBYhIECgIIC2IJCgFjEgQKAggLQgIQDQ==',
};

/** Below so many products a plain loop is done before ONNX Runtime has begun (0.1 ms a call, then 10 to 20 times faster). */
const worthACall = 60_000;

/** How much faster than the plain loops that a `Pace` counts. */
const speed = 10;

/**
 * Products of matrices for methods that search: ONNX Runtime in doubles where they are large, plain loops where they are small.
 * Rounded in an order that is not ours, and therefore no part of any proof.
 */
export class DenseProducts implements AsyncDisposable {
  readonly #sessions: Readonly<Record<Form, Session>>;

  readonly #pace: Pace;

  private constructor(sessions: Readonly<Record<Form, Session>>, pace: Pace) {
    this.#sessions = sessions;
    this.#pace = pace;
  }

  /** Rests, as `pace` has it, between the products. */
  static async open(engine: Engine, pace: Pace): Promise<DenseProducts> {
    const open = (form: Form): Promise<Session> => engine.open(Buffer.from(models[form], 'base64'), 'cpu');
    const plain = await open('plain');
    const rightTransposed = await open('rightTransposed');
    return new DenseProducts({ plain, rightTransposed, leftTransposed: await open('leftTransposed') }, pace);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const session of Object.values(this.#sessions)) await session.dispose();
  }

  /** a b. */
  product(a: Dense, b: Dense): Promise<Dense> {
    return this.#product('plain', a, b, a.rows, a.columns, b.columns);
  }

  /** a b'. */
  timesTransposed(a: Dense, b: Dense): Promise<Dense> {
    return this.#product('rightTransposed', a, b, a.rows, a.columns, b.rows);
  }

  /** a' b. */
  transposedTimes(a: Dense, b: Dense): Promise<Dense> {
    return this.#product('leftTransposed', a, b, a.columns, a.rows, b.columns);
  }

  async #product(form: Form, a: Dense, b: Dense, rows: number, inner: number, columns: number): Promise<Dense> {
    if (rows * inner * columns <= worthACall) return plainLoops[form](a, b, rows, inner, columns);
    if (this.#pace.due((rows * inner * columns) / speed)) await this.#pace.rest();
    const { c } = await this.#sessions[form].run({
      a: { type: 'float64', shape: [a.rows, a.columns], data: a.entries },
      b: { type: 'float64', shape: [b.rows, b.columns], data: b.entries },
    });
    return { rows, columns, entries: c!.data as Float64Array };
  }
}

type Loop = (a: Dense, b: Dense, rows: number, inner: number, columns: number) => Dense;

const plainLoops: Readonly<Record<Form, Loop>> = {
  plain: (a, b, rows, inner, columns) => summed(rows, inner, columns, b.entries, (i, k) => a.entries[i * inner + k]!),
  leftTransposed: (a, b, rows, inner, columns) =>
    summed(rows, inner, columns, b.entries, (i, k) => a.entries[k * rows + i]!),
  rightTransposed(a, b, rows, inner, columns) {
    const c = zeros(rows, columns);
    for (let i = 0; i < rows; i++)
      for (let j = 0; j < columns; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += a.entries[i * inner + k]! * b.entries[j * inner + k]!;
        c.entries[i * columns + j] = sum;
      }
    return c;
  },
};

/** Row i of the product as a sum of rows of b. */
function summed(
  rows: number,
  inner: number,
  columns: number,
  b: Float64Array,
  factorAt: (i: number, k: number) => number,
): Dense {
  const c = zeros(rows, columns);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < inner; k++) {
      const factor = factorAt(i, k);
      if (factor === 0) continue;
      for (let j = 0, from = k * columns, to = i * columns; j < columns; j++, from++, to++)
        c.entries[to]! += factor * b[from]!;
    }
  return c;
}
