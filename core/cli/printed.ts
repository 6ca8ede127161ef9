import type { Norm } from '../bound.ts';
import type { Inspection, LayerEntry } from '../report/inspection.ts';
import { duration, percent, shapeText } from '../report/digits.ts';
import { summarySentence } from '../report/sentences.ts';
import { intervalText, ofLayer, ofNetwork, unquantisedMark } from '../report/words.ts';

/** An inspection for a terminal: the sentence, the interval, the layers with their share, what stands in the way, notes. */
export function printed(answer: Inspection): string {
  const { model, norm, lipschitz, layers, unsupported, notes, seconds, engine } = answer;
  const interval = lipschitz[norm];
  return [
    `${model.file}  ${interval === undefined ? '' : intervalText(ofNetwork(interval))}  (${norm}, ${answer.region === 'all' ? 'everywhere' : answer.region}${unquantisedMark(answer)})`,
    summarySentence(answer),
    '',
    ...table(layers, norm),
    ...unsupported.map(({ node, op, reason }) => `not understood: ${op} "${node}": ${reason}`),
    ...notes,
    `${duration(seconds)} on ${engine.provider}${engine.runtime === 'wasm' ? ' (WebAssembly)' : ''}. ● certified  ◐ numerical  ○ estimate  ∞ unbounded`,
  ].join('\n');
}

function table(layers: readonly LayerEntry[], norm: Norm): string[] {
  const rows = layers.map((layer) => {
    const own = layer.norms[norm];
    return [
      layer.name,
      layer.op,
      shapeText(layer.outputShape),
      own === undefined ? '' : intervalText(ofLayer(own)),
      layer.share === null || layer.share === 0 ? '' : percent(layer.share),
    ];
  });
  const all = [['layer', 'operator', 'output', `${norm} norm`, 'share'], ...rows];
  const widths = all[0]!.map((_, column) => Math.max(...all.map((row) => row[column]!.length)));
  return [
    ...all.map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column]!))
        .join('  ')
        .trimEnd(),
    ),
    '',
  ];
}
