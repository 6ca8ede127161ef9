import { writeFile } from 'node:fs/promises';
import type { Norm } from '../../../core/bound.ts';
import type { Engine } from '../../../core/compute/engine.ts';
import { writeOnnx } from '../../../core/formats/onnx/write.ts';
import { inspect } from '../../../core/inspection/inspect.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';
import type { Network } from '../../../core/network/network.ts';
import type { Inspection, UpperEnd } from '../../../core/report/inspection.ts';

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
