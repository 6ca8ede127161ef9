import { describe, expect, test } from 'vitest';
import { namePattern, pathPattern } from '../../core/budgets/glob.ts';

describe('a pattern for paths', () => {
  test.each([
    ['a.onnx', ['a.onnx'], ['b/a.onnx', 'aXonnx']],
    ['*.onnx', ['a.onnx', '.onnx'], ['b/a.onnx', 'a.onnxx']],
    ['**/*.onnx', ['a.onnx', 'b/a.onnx', 'b/c/a.onnx'], ['a.pt']],
    ['runs/**', ['runs/a', 'runs/a/b'], ['run/a']],
    ['runs/**/best.pt', ['runs/best.pt', 'runs/1/2/best.pt'], ['runs/1best.pt']],
    ['{critic,policy}-?.{onnx,pt}', ['critic-1.onnx', 'policy-2.pt'], ['critic-12.onnx', 'actor-1.pt']],
    ['a(1)+[x].onnx', ['a(1)+[x].onnx'], ['a11x.onnx']],
    ['a{.onnx', ['a{.onnx'], ['a.onnx']],
  ])('%s', (pattern, fitting, others) => {
    for (const path of fitting) expect(path).toMatch(pathPattern(pattern));
    for (const path of others) expect(path).not.toMatch(pathPattern(pattern));
  });
});

describe('a pattern for names of layers', () => {
  test.each([
    ['layer1*', ['layer1', 'layer1.0.conv1'], ['layer2', 'xlayer1']],
    ['*conv?', ['layer1.0.conv1', '/a/conv2'], ['conv', 'conv12']],
    ['/attn/MatMul', ['/attn/MatMul'], ['/attn/MatMul_1']],
  ])('%s', (pattern, fitting, others) => {
    for (const name of fitting) expect(name).toMatch(namePattern(pattern));
    for (const name of others) expect(name).not.toMatch(namePattern(pattern));
  });
});
