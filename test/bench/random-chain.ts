import type { Network } from '../../core/network/network.ts';
import { randomNumbers } from '../estimators/exact/random-programs.ts';
import { networkOf, type ConstantSketch, type NodeSketch } from '../operators/small-networks.ts';

/** Dense layers with He's weights and an activation between them; biases of that deviation. */
export function randomChain(sizes: readonly number[], activation: string, seed: number, bias = 0): Network {
  const uniform = randomNumbers(seed);
  const gaussian = (): number => Math.sqrt(-2 * Math.log(uniform() + 1e-300)) * Math.cos(2 * Math.PI * uniform());
  const constants: Record<string, ConstantSketch> = {};
  const nodes: NodeSketch[] = [];
  let from = 'x';
  for (let l = 1; l < sizes.length; l++) {
    const [rows, columns] = [sizes[l]!, sizes[l - 1]!];
    const values = Float64Array.from({ length: rows * columns }, () => Math.sqrt(2 / columns) * gaussian());
    constants[`w${l}`] = { shape: [rows, columns], values };
    const biases = bias === 0 ? undefined : Float64Array.from({ length: rows }, () => bias * gaussian());
    if (biases !== undefined) constants[`b${l}`] = { shape: [rows], values: biases };
    const inputs = [from, `w${l}`, ...(biases === undefined ? [] : [`b${l}`])];
    nodes.push({ op: 'Gemm', inputs, outputs: [`p${l}`], attributes: { transB: 1 } });
    from = `p${l}`;
    if (l < sizes.length - 1) nodes.push({ op: activation, inputs: [from], outputs: [(from = `q${l}`)] });
  }
  return networkOf({ input: [1, sizes[0]!], nodes, constants, output: from });
}
