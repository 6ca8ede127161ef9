import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Engine } from '../../core/compute/engine.ts';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { ruleOf } from '../../core/operators/rule-of.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { networkOf, node, type NodeSketch } from '../operators/small-networks.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await openEngine({ provider: 'cpu', threads: 1 });
});
afterAll(() => engine.dispose());

const constants = { twenty: { shape: [], values: [20] }, two: { shape: [], values: [2] } };
async function reasonOf(nodes: readonly NodeSketch[]): Promise<string> {
  const sketch = networkOf({ input: [1, 4], nodes, constants, opset: 17, output: 'y' });
  const { analysed } = await prepare(sketch, { dims: {}, held: new Map() }, engine);
  const rule = ruleOf(analysed, analysed.nodes.at(-1)!);
  return rule.kind === 'unbounded' ? rule.reason : rule.kind;
}
const choice = [node('Greater', 'x, twenty', 'c'), node('Where', 'c, x, s', 'y')];

describe('Softplus with a threshold', () => {
  it('is not Lipschitz, and says by how much it jumps', async () => {
    // 20 - log(1 + e^20) = -2.06e-9.
    expect(await reasonOf([node('Softplus', 'x', 's'), ...choice])).toMatch(/jumps by 2\.1e-9 .* 20/);
    const steep = [
      node('Mul', 'x, two', 'z'),
      node('Softplus', 'z', 't'),
      node('Div', 't, two', 's'),
      node('Greater', 'z, twenty', 'c'),
      node('Where', 'c, x, s', 'y'),
    ];
    expect(await reasonOf(steep)).toMatch(/jumps by 1\.0e-9 .* 10/);
  });

  it('any other choice by a condition keeps the general sentence', async () => {
    expect(await reasonOf([node('Sigmoid', 'x', 's'), ...choice])).toMatch(/chooses by a condition/);
    expect(await reasonOf([node('Softplus', 'x', 's'), node('Greater', 'x, twenty', 'c'), node('Where', 'c, s, x', 'y')])).toMatch(/chooses by a condition/); // prettier-ignore
  });
});
