import type { Engine } from '../../core/compute/engine.ts';
import { isFloating } from '../../core/network/tensor.ts';
import { beside, open, openExample, type Outcome } from '../conformance/example.ts';
import { checkDerivatives } from './checked-derivatives.ts';

/** What became of the derivatives of one example, and which operators had to be computed in float32. */
export type DerivativeOutcome =
  | Exclude<Outcome, { kind: 'covered' }>
  | { readonly kind: 'covered'; readonly inSingle: readonly string[]; readonly kinked: number; readonly count: number };

/** J v and J' u of an example of the ONNX project, beside its point (which may lie on a kink). Throws where they are wrong. */
export async function followDerivative(name: string, engine: Engine): Promise<DerivativeOutcome> {
  const example = await openExample(name, engine);
  if (example.kind !== 'example') return example;
  const { runnable, output } = example.prepared;
  const type = runnable.types.get(output);
  if (type === undefined) return open('the shape of its output is not known');
  if (!isFloating(type.type)) return beside('its output is not floating');
  const point = example.point.map((value, i) => (Number.isFinite(value) ? value : 0.5) + 0.0137 * Math.sin(1 + 7 * i));
  const outcome = await checkDerivatives(runnable, output, point, engine);
  return outcome.kind === 'missing' ? open(outcome.reason) : { ...outcome, kind: 'covered' };
}
