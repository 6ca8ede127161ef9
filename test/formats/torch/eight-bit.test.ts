import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import { countNonFinite } from '../../../core/network/tensor-health.ts';
import { elementCount, numbersOf, type Tensor } from '../../../core/network/tensor.ts';
import { farthest, run } from '../run-network.ts';

const folder = join(import.meta.dirname, 'eight-bit');

/** What make-eight-bit.py wrote; JSON has no NaN and no infinity, so these are texts. */
const { numbers, scaled, program } = JSON.parse(readFileSync(join(folder, 'reference.json'), 'utf8')) as {
  readonly numbers: Readonly<Record<string, readonly (number | string)[]>>;
  readonly scaled: Readonly<Record<string, readonly number[]>>;
  readonly program: { readonly x: readonly number[]; readonly y: readonly number[] };
};

const spoken: Readonly<Record<string, number>> = { nan: Number.NaN, inf: Infinity, '-inf': -Infinity };
const expected = (type: string): number[] =>
  numbers[type]!.map((value) => (typeof value === 'number' ? value : spoken[value]!));

function opened<T>(name: string, use: (model: ReturnType<typeof readModel>) => T): T {
  using file = openModelFile(join(folder, name));
  return use(readModel(file));
}

test.each(['types.pt', 'types.safetensors'])(
  'every byte of %s is the number that PyTorch and ml_dtypes say',
  (name) => {
    opened(name, ({ constants }) => {
      expect(constants.size).toBe(name === 'types.pt' ? 5 : 4);
      for (const tensor of constants.values()) {
        const values = expected(tensor.type);
        expect([...numbersOf(tensor)], tensor.type).toEqual(values);
        expect(countNonFinite(tensor), tensor.type).toBe(values.filter((value) => !Number.isFinite(value)).length);
      }
    });
  },
);

test('transposed ones are put in order', () => {
  opened('turned.pt', ({ constants }) => {
    for (const tensor of constants.values()) {
      const values = expected(tensor.type);
      const turned = values.map((_, i) => values[(i % 16) * 16 + Math.floor(i / 16)]!);
      expect([...numbersOf(tensor)], tensor.type).toEqual(turned);
    }
  });
});

test.each([
  ['scaled.pt', Object.keys(scaled)],
  ['scaled.safetensors', Object.keys(scaled).filter((id) => !id.startsWith('small'))],
])('the weights of %s are multiplied by the scales beside them, whole and in parts', (name, ids) => {
  opened(name, ({ unconnected, notes }) => {
    const layers = new Map(unconnected!.layers.map((layer) => [layer.id, layer]));
    for (const id of ids) {
      const { weight, applied } = layers.get(id)!;
      expect([...numbersOf(weight)], id).toEqual(scaled[id]);
      expect(applied, id).toEqual(id.startsWith('bare') ? [] : ['scale of 8-bit floats']);
      if (applied.length > 0) expect(inParts(weight), id).toEqual(scaled[id]);
    }
    expect([...layers.keys()].filter((id) => /scale|amax/u.test(id))).toEqual([]);
    expect(notes).toContainEqual(expect.stringMatching(/scale of 8-bit floats of \d weights is applied as a factor/u));
  });
});

/** As large weights are read, which are never in memory as a whole. */
function inParts({ part, shape }: Tensor): number[] {
  const bytes = new Uint8Array(8 * elementCount(shape));
  for (let at = 0; at < bytes.length; at += 44) bytes.set(part!(at, Math.min(44, bytes.length - at)), at);
  return [...new Float64Array(bytes.buffer)];
}

test('weights whose scale is not understood have no norm, and say which scale it is', () => {
  opened('scaled.safetensors', ({ unconnected }) => {
    const doubts = new Map(unconnected!.layers.map(({ name, kind, doubt }) => [name, [kind, doubt]]));
    const doubt = (scale: string): string =>
      `its 8-bit floats have a scale, "${scale}", that is not known to be applied in one way`;
    expect(doubts.get('tool')).toEqual(['unknown', doubt('tool.weight_quantizer_amax')]);
    expect(doubts.get('odd')).toEqual(['unknown', doubt('odd.weight_scale')]);
  });
});

test('a program that computes in 32 bits with weights in 8 gives what PyTorch does', async () => {
  using file = openModelFile(join(folder, 'cast.pt2'));
  const [y] = await run(readModel(file), [Float32Array.from(program.x)]);
  expect(farthest(y!, program.y)).toBeLessThan(1e-5);
});
