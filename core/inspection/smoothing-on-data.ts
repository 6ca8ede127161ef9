import { basename } from 'node:path';
import { openForward, type Forward } from '../estimators/witness/forward.ts';
import type { Work } from '../compute/work.ts';
import { fileSource } from '../formats/bytes.ts';
import { readNpy } from '../formats/npy.ts';
import { elementCount, type Shape } from '../network/tensor.ts';
import type { Network } from '../network/network.ts';
import { lengthOf } from '../region.ts';
import type { DataRow } from '../report/smoothing.ts';
import { RequestError } from '../sentence.ts';

/** Examples with their labels, where there are any. */
export interface Examples {
  readonly points: readonly Float64Array[];
  readonly labels: Float64Array | undefined;
}

export function readExamples(data: string, labels: string | undefined, size: number): Examples {
  const { numbers, shape } = arrayIn(data);
  const perRow = elementCount(shape.slice(1));
  if (numbers.length === 0 || (perRow !== size && numbers.length !== size))
    throw new RequestError(`${basename(data)} has the shape (${shape.join(', ')}): each row must have the ${size} numbers of the input.`); // prettier-ignore
  const points = Array.from({ length: numbers.length / size }, (_, k) => numbers.slice(k * size, (k + 1) * size));
  const own = labels === undefined ? undefined : arrayIn(labels).numbers;
  if (own !== undefined && own.length !== points.length)
    throw new RequestError(`There are ${points.length} examples, but ${own.length} labels.`);
  return { points, labels: own };
}

function arrayIn(file: string): { readonly numbers: Float64Array; readonly shape: Shape } {
  using source = fileSource(file);
  const { numbers, shape } = readNpy(source);
  if (!numbers.every(Number.isFinite)) throw new RequestError(`${basename(file)} holds NaN or infinite values.`);
  return { numbers, shape };
}

/** As many as the first so many. */
export const firstOf = ({ points, labels }: Examples, count: number): Examples => ({
  points: points.slice(0, count),
  labels: labels?.slice(0, count),
});

/**
 * Outputs for the examples, in order, as far as there is time, but for one batch at least; and what they come to. undefined when ONNX Runtime does not run the network. What opening it may take is measured against all
 * the time that is left, running it against `share` of that.
 */
export async function onExamples(
  network: Network,
  output: string,
  { points, labels }: Examples,
  work: Work,
  share = 1,
): Promise<{ readonly outputs: readonly Float64Array[]; readonly row: DataRow } | undefined> {
  const until = (1 - share) * work.remainingSeconds();
  const opened = await openForward(network, output, work);
  if ('refused' in opened) return undefined;
  await using forward: Forward = opened;
  const outputs: Float64Array[] = [];
  for (let k = 0; k < points.length && (k === 0 || work.remainingSeconds() > until); k += forward.batch) {
    await work.breathe();
    outputs.push(...(await forward.evaluate(points.slice(k, k + forward.batch))));
  }
  return { outputs, row: rowOf(outputs, labels) };
}

export const largestDistance = (a: readonly Float64Array[], b: readonly Float64Array[]): number =>
  a.reduce((most, own, k) => Math.max(most, lengthOf(own.map((value, i) => value - b[k]![i]!), 'l2')), 0); // prettier-ignore

function rowOf(outputs: readonly Float64Array[], labels: Float64Array | undefined): DataRow {
  if (labels === undefined) return { accuracy: null, loss: null };
  let [right, loss] = [0, 0];
  outputs.forEach((own, k) => {
    const { correct, cost } = own.length === 1 ? binary(own[0]!, labels[k]!) : ofClasses(own, labels[k]!);
    right += correct ? 1 : 0;
    loss += cost;
  });
  return { accuracy: right / outputs.length, loss: Number.isFinite(loss) ? loss / outputs.length : null };
}

/** One logit: the label is 1 or not. */
function binary(logit: number, label: number): { readonly correct: boolean; readonly cost: number } {
  const towards = label > 0 ? logit : -logit;
  return { correct: towards > 0, cost: Math.max(0, -towards) + Math.log1p(Math.exp(-Math.abs(logit))) };
}

function ofClasses(logits: Float64Array, label: number): { readonly correct: boolean; readonly cost: number } {
  const most = logits.reduce((a, b) => Math.max(a, b));
  const sum = logits.reduce((total, logit) => total + Math.exp(logit - most), 0);
  const own = logits[label];
  if (own === undefined) throw new RequestError(`A label is ${label}, but the network has ${logits.length} outputs.`);
  return { correct: own === most, cost: most + Math.log(sum) - own };
}
