import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Engine } from '../../core/compute/engine.ts';
import { modelInMemory } from '../../core/formats/bytes.ts';
import { readModel } from '../../core/formats/index.ts';
import { writeOnnx } from '../../core/formats/onnx/write.ts';
import { prepare } from '../../core/passes/prepare.ts';
import { withRandomWeights } from './providers/workloads.ts';

/** A file of 100 MB with the graph of `light_resnet50` and random weights in the place of its constant ones. Undefined where shared/models is not there. */
export async function resNet50File(engine: Engine, folder: string): Promise<string | undefined> {
  const light = resolve(import.meta.dirname, '../../../shared/models/light_resnet50.onnx');
  if (!existsSync(light)) return undefined;
  const read = readModel(modelInMemory(light, readFileSync(light)));
  const { runnable } = await prepare(read, { dims: {}, held: new Map() }, engine);
  const file = join(folder, 'resnet50.onnx');
  writeFileSync(file, writeOnnx(withRandomWeights(runnable)));
  return file;
}
