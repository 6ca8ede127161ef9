import { OutOfTime, Pace as ProductPace } from '../compute/linear-algebra/pace.ts';
import type { Engine } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import { everySizeNorm } from '../estimators/norms/every-size.ts';
import { spectrumOf } from '../estimators/norms/spectrum.ts';
import type { LinearMap } from '../operators/linear-map.ts';
import type { LayerEntry } from '../report/inspection.ts';
import type { LayerSpectrum } from '../report/layer-spectrum.ts';
import { RequestError } from '../sentence.ts';
import { affineRule, analyse, layerEntries } from './layers.ts';
import { openModel } from './open-model.ts';
import { startPace } from './pace.ts';
import type { InspectionRequest } from './request.ts';

/** Which layer, by its id or by its name in the table. */
export interface LayerQuestion extends Pick<
  InspectionRequest,
  'file' | 'budgetSeconds' | 'provider' | 'threads' | 'input' | 'output' | 'set' | 'dims' | 'quantisation'
> {
  readonly layer: string;
}

/** The spectrum of one linear layer: asked for, since it costs more than everything in the layer's row. */
export async function layerSpectrum(
  question: LayerQuestion,
  engine: Engine,
  signal: AbortSignal,
): Promise<LayerSpectrum> {
  const clock = startPace(engine, signal, question.budgetSeconds);
  using model = await openModel(question, engine);
  const { analysed } = model.prepared;
  const nodes = analyse(analysed, undefined);
  const layers = layerEntries(model.prepared, nodes);
  const layer = named(question.layer, layers);
  const { node, rule } = nodes.find((known) => known.node.id === layer.id)!;
  if (rule.kind === 'unsupported')
    throw new RequestError(`"${layer.name}" (${layer.op}) has no singular values: ${rule.reason}.`);
  const map = affineRule(analysed, node)?.map;
  if (map === undefined)
    throw new RequestError(`"${layer.name}" (${layer.op}) is not linear, so it has no singular values.`);
  if (map.rows * map.columns === 0) throw new RequestError(`"${layer.name}" has no elements.`);
  const work = clock.until(question.budgetSeconds);
  // The spectrum itself is short whatever the layer: it is not cut off in the middle.
  const spectrum = await spectrumOf(map, new ProductPace(work, 'unlimited'));
  const everySize = await supremum(map, work);
  return {
    format: 'lipschitz-layer',
    version: 1,
    model: { file: model.summary.file, sha256: model.summary.sha256 },
    layer: {
      id: layer.id,
      name: layer.name,
      op: layer.op,
      kind: layer.kind,
      inputShape: layer.inputShape,
      outputShape: layer.outputShape,
    },
    count: spectrum.count,
    leading: spectrum.leading,
    histogram: spectrum.histogram,
    pair: { input: [...spectrum.pair.input], output: [...spectrum.pair.output] },
    ...(everySize === undefined ? {} : { everySize: { upper: everySize, rigor: 'certified' } }),
    seconds: clock.seconds(),
  };
}

async function supremum({ structure }: LinearMap, work: Work): Promise<number | undefined> {
  if (structure.kind !== 'convolution') return undefined;
  try {
    return await everySizeNorm(structure.convolution, new ProductPace(work));
  } catch (error) {
    if (error instanceof OutOfTime) return undefined;
    throw error;
  }
}

/** How many layers a sentence lists. */
const listed = 12;

function named(text: string, layers: readonly LayerEntry[]): LayerEntry {
  const found = layers.find(({ id }) => id === text) ?? layers.find(({ name }) => name === text);
  if (found !== undefined) return found;
  const names = layers.filter(({ parameters }) => parameters > 0).map(({ name }) => name);
  const some =
    names.length > listed ? `${names.slice(0, listed).join(', ')} and ${names.length - listed} more` : names.join(', ');
  throw new RequestError(`There is no layer "${text}". Layers with weights: ${some === '' ? 'none' : some}.`);
}
