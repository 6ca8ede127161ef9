import { readFile, writeFile } from 'node:fs/promises';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import type { Attribute, Network, Node } from '../../core/network/network.ts';
import { tensorOfNumbers, type Tensor } from '../../core/network/tensor.ts';

let copies = 0;

/** The same network in other bytes, so that no cache knows it: a doc_string (field 6 of ModelProto) is appended. */
export async function copyAnew(model: string, target: string): Promise<void> {
  const text = Buffer.from(`copy ${++copies} of ${process.pid}`);
  await writeFile(target, Buffer.concat([await readFile(model), Buffer.from([0x32, text.length]), text]));
}

/** About 100 MB of random weights: two convolutions and seven dense layers, as large as layers are. */
export async function writeLargeModel(target: string): Promise<void> {
  await writeFile(target, writeOnnx(largeNetwork()));
}

function largeNetwork(): Network {
  const constants = new Map<string, Tensor>();
  const nodes: Node[] = [];
  let value = 'x';
  const then = (op: string, weights: readonly number[] = [], attributes: Record<string, Attribute> = {}): void => {
    const id = `${op}${nodes.length}`;
    const inputs = [value];
    if (weights.length > 0) {
      constants.set(`${id}.weight`, randomTensor(`${id}.weight`, weights));
      inputs.push(`${id}.weight`);
    }
    value = `${id}.out`;
    nodes.push({
      ...{ id, op, domain: '', inputs, outputs: [value], origin: {} },
      attributes: new Map(Object.entries(attributes)),
    });
  };
  for (let layer = 0; layer < 2; layer++) {
    then('Conv', [512, 512, 3, 3], { pads: { kind: 'ints', value: [1, 1, 1, 1] } });
    then('Relu');
  }
  then('GlobalAveragePool');
  then('Flatten');
  const sizes = [512, 2048, 2048, 2048, 2048, 2048, 2048];
  for (const [layer, size] of sizes.entries()) {
    then('MatMul', [size, sizes[layer + 1] ?? 10]);
    if (layer + 1 < sizes.length) then('Relu');
  }
  return {
    ...{ format: 'onnx', opset: 17, nodes, constants, types: new Map() },
    inputs: [{ name: 'x', type: 'float32', shape: [1, 512, 8, 8] }],
    outputs: [{ name: value, type: 'float32', shape: [1, 10] }],
  };
}

/** Uniform, scaled so that signals neither vanish nor explode; the same in every run. */
function randomTensor(name: string, shape: readonly number[]): Tensor {
  const count = shape.reduce((product, size) => product * size, 1);
  const scale = Math.sqrt((12 * Math.max(...shape)) / count);
  let state = 1;
  const numbers = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    numbers[i] = scale * (state / 2 ** 32 - 0.5);
  }
  return tensorOfNumbers(name, shape, numbers, 'float32');
}
