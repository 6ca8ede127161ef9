import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { commandLine, samples, type CommandLine } from './command-line.ts';

let cli: CommandLine;
let folder: string;

beforeAll(async () => {
  cli = await commandLine();
  folder = join(cli.folder, 'repository');
  await mkdir(join(folder, '.git'), { recursive: true });
  await mkdir(join(folder, 'models/deep'), { recursive: true });
  await mkdir(join(folder, 'code'));
  await cp(join(samples, 'two_moons/shallow.onnx'), join(folder, 'models/shallow.onnx'));
  await cp(join(samples, 'two_moons/shallow.onnx'), join(folder, 'models/deep/copy.onnx'));
  await cp(join(samples, 'digits/residual_cnn_dynamo.onnx'), join(folder, 'models/dynamo.onnx'));
  await cp(join(samples, 'digits/residual_cnn.py'), join(folder, 'code/residual_cnn.py'));
  await cp(join(samples, 'two_moons/networks.py'), join(folder, 'code/networks.py'));
});
afterAll(() => cli[Symbol.asyncDispose]());

const write = (name: string, budgets: readonly object[], seconds = 0.5): Promise<void> =>
  writeFile(join(folder, name), JSON.stringify({ seconds, budgets }));

// numpy.linalg.svd of the two weight matrices in the file: 7.0164 and 4.7774; the first one's largest row sum is 1.9864. The limits leave room
// for what is certified first, before anything is refined: a slow machine has no time for more.
describe('lipschitz check', () => {
  test('exits with 0 when every limit is proved to be kept, for every model that a pattern names, from a folder below as well', async () => {
    await write(
      'lipschitz.json',
      [
        { model: '**/{shallow,copy}.onnx', layers: 'hidden', max: 15 },
        { model: 'models/shallow.onnx', layers: 'hidden', norm: 'linf', max: 15 },
        { model: 'models/shallow.onnx', max: 200 },
      ],
      3,
    );
    const { code, out } = await cli.run('check', join(folder, 'models/deep'));
    expect(out).toContain('4 limits kept, 0 exceeded, 0 not proved.');
    expect(out).toContain('models/deep/copy.onnx');
    expect(code).toBe(0);
  });

  test('exits with 1 and the evidence when one is exceeded, one not proved, one without a layer, one without a model', async () => {
    await write('strict.json', [
      { model: 'models/shallow.onnx', layers: 'hidden', max: 5, why: 'The paper says so.' },
      { model: 'models/shallow.onnx', layers: 'hiden', max: 1 },
      { model: 'models/shallow.onnx', epsilon: 0.1, max: 1 },
      { model: 'gone/*.onnx', max: 1 },
    ]);
    const { code, out, err } = await cli.run('check', '--budget-file', join(folder, 'strict.json'));
    expect(code).toBe(1);
    expect(out).toMatch(
      /✗ hidden of shallow\.onnx: its l2 norm is .*●, certified to be at least [567][\d.]*: above the limit of 5\./,
    );
    expect(out).toContain('The paper says so.');
    expect(out).toContain('no layer whose name fits "hiden"');
    expect(out).toMatch(/\? shallow\.onnx smoothed within 0\.1: its l2 constant is at most/);
    expect(err).toContain('no file fits "gone/*.onnx"');
  });

  test('writes SARIF whose breaches stand on the line that the exporter recorded, or that the sources of the checkout tell, and the text beside it', async () => {
    await write('lipschitz.json', [
      { model: 'models/dynamo.onnx', layers: 'classifier', max: 0.1 },
      { model: 'models/shallow.onnx', layers: 'hidden', max: 5 },
      { model: 'models/shallow.onnx', max: 0.1 },
    ]);
    const target = join(folder, 'out.sarif');
    const { code, out } = await cli.run('check', folder, '--format', 'sarif', '--out', target);
    expect(code).toBe(1);
    expect(out).toContain('classifier of dynamo.onnx');
    const text = await readFile(target, 'utf8');
    type Result = { readonly locations: readonly [object]; readonly relatedLocations: readonly object[] };
    const { results } = (JSON.parse(text) as { runs: [{ results: [Result, Result, Result] }] }).runs[0];
    const lineIn = async (file: string, part: string): Promise<object> => {
      const lines = (await readFile(join(folder, file), 'utf8')).split('\n');
      const startLine = lines.findIndex((one) => one.includes(part)) + 1;
      return { physicalLocation: { artifactLocation: { uri: file }, region: { startLine } } };
    };
    // The line of forward() in samples/digits/residual_cnn.py that calls self.classifier.
    expect(results[0].locations[0]).toMatchObject(await lineIn('code/residual_cnn.py', 'self.classifier('));
    // Nothing is recorded in the other file: the names of its weights are those of a class of the checkout.
    expect(results[1].locations[0]).toMatchObject(await lineIn('code/networks.py', 'class ShallowMLP'));
    expect(results[2].locations[0]).toMatchObject(await lineIn('code/networks.py', 'self.hidden = nn.Linear'));
    for (const { relatedLocations } of results) expect(relatedLocations).toHaveLength(2);
    expect(text).not.toContain(cli.folder);
  });

  test('a mistake in the file is named with its line, and exits with 2', async () => {
    await writeFile(join(folder, 'wrong.json'), '{\n  "budgets": [\n    { "model": "a.onnx", "mux": 1 }\n  ]\n}');
    const { code, err, out } = await cli.run('check', '--budget-file', join(folder, 'wrong.json'));
    expect(code).toBe(2);
    expect(out).toBe('');
    expect(err).toContain('wrong.json:3: Budget 1 has "mux"');
  });

  test('exits with 3 when no model could be read', async () => {
    await write('lonely.json', [{ model: 'gone.onnx', max: 1 }]);
    expect((await cli.run('check', '--budget-file', join(folder, 'lonely.json'))).code).toBe(3);
  });
});

describe('lipschitz inspect', () => {
  test('with --max says what the limit meets, and as SARIF too', async () => {
    const model = join(folder, 'models/shallow.onnx');
    const limit = ['--max', '0.01', '--budget', '1'];
    const { code, out } = await cli.run('inspect', model, ...limit, '--format', 'sarif');
    expect(code).toBe(1);
    const { results } = (JSON.parse(out) as { runs: [{ results: [{ ruleId: string; level: string }] }] }).runs[0];
    expect(results).toMatchObject([{ ruleId: 'network-constant', level: 'error' }]);
  });

  test('with --budget-file judges what was asked and names what was not', async () => {
    await write('two.json', [
      { model: 'models/*.onnx', layers: 'hidden', max: 15 },
      { model: 'models/shallow.onnx', norm: 'linf', max: 1 },
    ]);
    const model = join(folder, 'models/shallow.onnx');
    const { code, out } = await cli.run('inspect', model, '--budget-file', join(folder, 'two.json'), '--budget', '0.5');
    expect(code).toBe(0);
    expect(out).toContain('✓ hidden of shallow.onnx');
    expect(out).toContain('not judged, for it asks something else (lipschitz check asks it): l∞ constant ≤ 1');
  });

  test('--format without a limit is wrong usage', async () => {
    const { code, err } = await cli.run('inspect', join(folder, 'models/shallow.onnx'), '--format', 'sarif');
    expect(code).toBe(2);
    expect(err).toContain('--max or --budget-file');
  });
});
