import { norms } from '../bound.ts';
import type { Inspection, LayerEntry } from './inspection.ts';

type Cell = string | number | null | undefined;

/** One row per layer, for spreadsheets and data frames. */
export const inspectionCsv = (inspection: Inspection): string => csv([header, ...inspection.layers.map(row)]);

/** RFC 4180: CRLF, quotes doubled. */
export const csv = (rows: readonly (readonly Cell[])[]): string =>
  rows.map((cells) => `${cells.map(field).join(',')}\r\n`).join('');

const header: readonly string[] = [
  ...['id', 'name', 'op', 'kind', 'input_shape', 'output_shape', 'parameters'],
  ...norms.flatMap((norm) => ['lower', 'upper', 'rigor', 'method'].map((what) => `${norm}_${what}`)),
  ...['unbounded_because', 'kernel_norm', 'smallest', 'smallest_rigor', 'frobenius', 'stable_rank'],
  ...['orthogonality_gap', 'share', 'folded', 'source_file', 'source_line', 'source_tier'],
];

const row = (layer: LayerEntry): readonly Cell[] => [
  ...[layer.id, layer.name, layer.op, layer.kind, shape(layer.inputShape), shape(layer.outputShape), layer.parameters],
  ...norms.flatMap((norm): Cell[] => {
    const interval = layer.norms[norm];
    return [interval?.lower, interval?.upper, interval?.rigor, interval?.method];
  }),
  ...[reason(layer), layer.kernelNorm, layer.smallest?.value, layer.smallest?.rigor, layer.frobenius, layer.stableRank],
  ...[layer.orthogonalityGap, layer.share, layer.folded?.join(' ')],
  ...[layer.source?.file, layer.source?.line, layer.source?.tier],
];

const shape = (sizes: readonly number[]): string => sizes.join('x');

/** An empty upper end is either not computed or infinite; this column tells which. */
const reason = (layer: LayerEntry): string | undefined =>
  norms
    .map((norm) => layer.norms[norm])
    .flatMap((interval) => (interval?.upper === null ? [interval.reason ?? 'no finite constant'] : []))
    .at(0);

/** Layer names come from untrusted files, and spreadsheets execute text that begins like a formula: an apostrophe makes it text again. */
export function harmlessText(cell: string): string {
  const text = cell.replace(/(?![\t\r\n])\p{Cc}/gu, '\uFFFD');
  return /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
}

/** Numbers are left alone, negative ones included. */
function field(cell: Cell): string {
  if (cell === null || cell === undefined) return '';
  if (typeof cell === 'number') return String(cell);
  const harmless = harmlessText(cell);
  return /[",\r\n]/.test(harmless) ? `"${harmless.replaceAll('"', '""')}"` : harmless;
}
