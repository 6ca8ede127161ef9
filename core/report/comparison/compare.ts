import { UserError } from '../../sentence.ts';
import { toolVersion } from '../../version.ts';
import { shapeText } from '../digits.ts';
import type { Inspection, LayerEntry } from '../inspection.ts';
import { withoutMachinePaths } from '../redaction.ts';
import type { ComparedLayer, ComparedModel, Comparison, LayerName, LayerOfBoth, WeightsChange } from './comparison.ts';
import { matchLayers, type Matched } from './match-layers.ts';
import { comparedPair, intervalOfLayer, intervalOfNetwork, samePair } from './ratio.ts';

/** Compares two inspections that answer the same question, in the order of the network after. */
export function compareInspections(earlier: Inspection, later: Inspection): Comparison {
  const [before, after] = [withoutMachinePaths(earlier), withoutMachinePaths(later)];
  const { norm, region } = after;
  if (before.norm !== norm || before.region !== region)
    throw new UserError(
      `Two different questions cannot be compared: ${before.model.file} was inspected in ${before.norm} on ${before.region}, ${after.model.file} in ${norm} on ${region}; inspect both alike.`,
    );
  const [one, other] = [before.lipschitz[norm], after.lipschitz[norm]];
  const isWhole = (inspection: Inspection): boolean => inspection.model.inputs.length > 0;
  return {
    format: 'lipschitz-comparison',
    version: 1,
    tool: { name: 'lipschitz-inspector', version: toolVersion },
    before: modelOf(before),
    after: modelOf(after),
    norm,
    region,
    network:
      one === undefined || other === undefined || !isWhole(before) || !isWhole(after)
        ? null
        : comparedPair(intervalOfNetwork(one), intervalOfNetwork(other)),
    layers: comparedLayers(before, after),
    notes: notesOn(before, after),
  };
}

const modelOf = ({ model: { file, sha256, format, parameters } }: Inspection): ComparedModel => ({
  file,
  sha256,
  format,
  parameters,
});

/** Layers that only the first has come before the next one that both have. */
function comparedLayers(before: Inspection, after: Inspection): readonly ComparedLayer[] {
  const matched = matchLayers(before.layers, after.layers);
  const byAfter = new Map(matched.map((pair) => [pair.after, pair]));
  const known = new Set(matched.map((pair) => pair.before));
  const places = new Map(before.layers.map((layer, place) => [layer, place]));
  const gone = before.layers.filter((layer) => !known.has(layer));
  const rows: ComparedLayer[] = [];
  let next = 0;
  const passOver = (until: number): void => {
    while (next < gone.length && places.get(gone[next]!)! < until) rows.push(ofOne('before', gone[next++]!, before));
  };
  for (const layer of after.layers) {
    const pair = byAfter.get(layer);
    if (pair === undefined) {
      rows.push(ofOne('after', layer, after));
      continue;
    }
    passOver(places.get(pair.before)!);
    rows.push(ofBoth(pair, after));
  }
  passOver(before.layers.length);
  return rows;
}

function ofOne(side: 'before' | 'after', layer: LayerEntry, { norm }: Inspection): ComparedLayer {
  const own = layer.norms[norm];
  return { in: side, layer: nameOf(layer), constant: own === undefined ? null : intervalOfLayer(own) };
}

function ofBoth({ before, after, match }: Matched, { norm }: Inspection): LayerOfBoth {
  const [one, other] = [before.norms[norm], after.norms[norm]];
  const weights = weightsOf(before, after);
  const same = weights === 'same' && isLinear(after) && sameShapes(before, after);
  return {
    in: 'both',
    match,
    before: nameOf(before),
    after: nameOf(after),
    weights,
    constant:
      one === undefined || other === undefined
        ? null
        : (same ? samePair : comparedPair)(intervalOfLayer(one), intervalOfLayer(other)),
  };
}

const nameOf = ({ id, name, op, kind, outputShape, parameters }: LayerEntry): LayerName => ({
  id,
  name,
  op,
  kind,
  outputShape,
  parameters,
});

/** What a normalisation or an activation does to distances depends on what arrives there; a linear map's norm does not. */
const isLinear = ({ kind }: LayerEntry): boolean => ['dense', 'conv', 'transposed conv'].includes(kind);

const sameShapes = (one: LayerEntry, other: LayerEntry): boolean =>
  one.op === other.op &&
  shapeText(one.inputShape) === shapeText(other.inputShape) &&
  shapeText(one.outputShape) === shapeText(other.outputShape);

function weightsOf(before: LayerEntry, after: LayerEntry): WeightsChange {
  if (before.parameters === 0 && after.parameters === 0) return 'none';
  if (before.weights !== undefined && after.weights !== undefined)
    return before.weights === after.weights ? 'same' : 'changed';
  return 'unknown';
}

function notesOn(before: Inspection, after: Inspection): readonly string[] {
  const notes: string[] = [];
  if (before.model.sha256 === after.model.sha256) notes.push('Both files hold the same bytes.');
  const ends = ({ model: { inputs, outputs, input, output } }: Inspection): string =>
    [inputs.find(({ name }) => name === input), outputs.find(({ name }) => name === output)]
      .map((value) => (value?.shape == null ? '?' : shapeText(value.shape)))
      .join(' → ');
  if (before.model.inputs.length > 0 && after.model.inputs.length > 0 && ends(before) !== ends(after))
    notes.push(
      `The networks map between other spaces, ${ends(before)} before and ${ends(after)} after: their constants are of different kinds.`,
    );
  if (JSON.stringify(before.question ?? {}) !== JSON.stringify(after.question ?? {}))
    notes.push(
      'The two inspections held other inputs, used other sizes or treated quantisation differently: the questions differ.',
    );
  if (before.tool.version !== after.tool.version)
    notes.push(`The inspections are by versions ${before.tool.version} and ${after.tool.version} of the tool.`);
  return notes;
}
