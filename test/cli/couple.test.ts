import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Coupling } from '../../core/report/coupling.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { openFileSource } from './npy-file.ts';
import { commandLine, samples, type CommandLine } from './command-line.ts';

const shallow = join(samples, 'two_moons', 'shallow.onnx');

let cli: CommandLine;
beforeAll(async () => {
  cli = await commandLine();
});
afterAll(() => cli[Symbol.asyncDispose]());

describe('lipschitz couple', () => {
  test('says what each layer adds, how noise grows and what to rescale', async () => {
    const { code, out } = await cli.run(
      'couple',
      shallow,
      '--target',
      '4',
      '--noise',
      '0.5',
      '--budget',
      '2',
      '--json',
      '-',
    );
    expect(code).toBe(0);
    const view = JSON.parse(out) as Coupling;
    // numpy.linalg.svd of the two weight matrices in the file: 7.0164 and 4.7774.
    expect(view.sumOfNorms).toBeCloseTo(11.7938, 3);
    const noise = view.layers.map((layer) => layer.noise!);
    expect(noise[0]).toBeCloseTo(0.5 * 7.0164, 3);
    expect(noise.at(-1)).toBeCloseTo(0.5 * view.product!, 6);
    expect(view.outputNoise).toBeCloseTo(0.5 * view.upper!, 9);
    const { single, jointly, perLayer, factor } = view.target!;
    expect(factor).toBeLessThan(1);
    expect(single!.norm).toBeCloseTo(factor * 7.0164, 3);
    expect(jointly!.factor ** jointly!.layers).toBeCloseTo(factor, 9);
    expect(perLayer!.norm).toBeCloseTo(2, 6);
    expect(perLayer!.changed).toBe(2);
  });

  test('is one page of text otherwise', async () => {
    const { out } = await cli.run('couple', shallow, '--target', '1000', '--budget', '1');
    expect(out).toContain('The target 1000 is met.');
    expect(out).toContain('noise of 1 is at most');
  });
});

test('lipschitz inspect --witness saves the two points of the lower end', async () => {
  const name = join(cli.folder, 'pair');
  const { out } = await cli.run('inspect', shallow, '--budget', '2', '--witness', name, '--json', '-');
  const { x, y } = (JSON.parse(out) as Inspection).lipschitz.l2!.lower.witness!;
  for (const [which, point] of Object.entries({ x, y })) {
    const { shape, numbers } = openFileSource(`${name}-${which}.npy`);
    expect(shape).toEqual([1, 2]);
    expect([...numbers]).toEqual(point);
  }
});
