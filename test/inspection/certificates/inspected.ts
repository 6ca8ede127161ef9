import { writeFile } from 'node:fs/promises';
import type { Bound, CertifiedUpper, Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import type { BoundMethod } from '../../../core/estimators/conductor/method.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { inspect } from '../../../core/inspection/inspect.ts';
import { analyse } from '../../../core/inspection/layers.ts';
import { openModel } from '../../../core/inspection/open-model.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import type { Network } from '../../../core/network/network.ts';
import type { Inspection, UpperEnd } from '../../../core/report/inspection.ts';
import { workOf } from '../../estimators/norms/small-maps.ts';
import { networkOf, weights } from '../../operators/small-networks.ts';

/** Two activations whose slopes fill intervals, with so many units: no method that knows slopes alone is exact on it. */
export const smoothChain = (first: number, second: number): Network =>
  networkOf({
    input: [1, 4],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w', 'b'], attributes: { transB: 1 } },
      { op: 'Tanh', inputs: ['y0'] },
      { op: 'Gemm', inputs: ['y1', 'v'], attributes: { transB: 1 } },
      { op: 'Gelu', inputs: ['y2'] },
      { op: 'Gemm', inputs: ['y3', 'u'], attributes: { transB: 1 } },
    ],
    constants: {
      w: weights([first, 4], 1),
      b: weights([first], 2),
      v: weights([second, first], 3),
      u: weights([2, second], 4),
    },
  });

export async function written(network: Network, file: string): Promise<string> {
  await writeFile(file, writeOnnx(network));
  return file;
}

export async function inspected(file: string, norm: Norm, engine: Engine, budgetSeconds: number): Promise<Inspection> {
  const request = { ...defaultRequest(file), norm, budgetSeconds };
  for await (const event of inspect(request, engine, new AbortController().signal))
    if (event.kind === 'finished') return event.inspection;
  throw new Error('The inspection did not finish.');
}

/** The same inspection with another upper end. */
export function withUpper(inspection: Inspection, change: (upper: UpperEnd) => object): Inspection {
  const { norm, lipschitz } = inspection;
  const interval = lipschitz[norm]!;
  return { ...inspection, lipschitz: { [norm]: { ...interval, upper: change(interval.upper) as UpperEnd } } };
}

/** The last certified upper end, on all inputs, that a method comes to on its own. */
export async function upperEndBy(
  method: BoundMethod,
  file: string,
  norm: Norm,
  engine: Engine,
): Promise<CertifiedUpper> {
  using model = await openModel(defaultRequest(file), engine);
  const rules = new Map(analyse(model.prepared.analysed, undefined).map(({ node, rule }) => [node.id, rule]));
  const question = { ...model.prepared, norm, region: { kind: 'all' }, rules, constantOf: () => Infinity } as const;
  let last: Bound | undefined;
  for await (const bound of method.run(question, { ...workOf(), engine })) last = bound;
  if (last?.side !== 'upper' || last.rigor !== 'certified') throw new Error('A certified upper end is expected.');
  return last;
}
