import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { analyse, layerEntries } from '../../core/inspection/layers.ts';
import { openModel } from '../../core/inspection/open-model.ts';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { LayerEntry } from '../../core/report/inspection.ts';

/** The layers of a model file as an inspection lists them, before anything is computed. */
export async function layersOf(file: string): Promise<readonly LayerEntry[]> {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  try {
    using model = await openModel(defaultRequest(file), engine);
    return layerEntries(model.prepared, analyse(model.prepared.analysed, undefined));
  } finally {
    await engine.dispose();
  }
}
