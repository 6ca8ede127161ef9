import { percent } from '../digits.ts';
import type { Inspection, LayerEntry } from '../inspection.ts';
import { heaviestLayer } from '../sentences.ts';
import { path } from './interval-glyph.ts';
import type { LogScale } from './scale.ts';
import { position } from './scale.ts';
import { dataColour, element, escaped, ink, label, picture, shortened, textWidth } from './svg.ts';

const height = 30;
const fontSize = 11;
/** Narrower than this nobody can see or hit a segment. */
const thin = 2;

/**
 * Where the product bound comes from: one segment per layer in the order of the network, its width the layer's share of the
 * logarithm. A layer that shrinks (negative share) is hatched. Colour is the layer's norm, on the table's scale. '' when no
 * layer has a share.
 */
export function couplingStrip(inspection: Inspection, scale: LogScale, width: number, selected?: string): string {
  const layers = inspection.layers.filter(takesPart);
  const whole = layers.reduce((sum, layer) => sum + Math.abs(layer.share ?? 0), 0);
  if (whole === 0) return '';
  let from = 1;
  const segments = visibleSegments(layers, (thin / (width - 2)) * whole).map((together) => {
    const wide = (together.weight / whole) * (width - 2);
    const segment = oneSegment(together, inspection, scale, from, wide);
    from += wide;
    return segment;
  });
  const chosen = selected === undefined ? '' : selectionMark(layers, whole, width, selected);
  return picture(
    { ...stripSize(width), title: stripTitle(layers), role: 'image' },
    element('defs', {}, hatch),
    ...segments,
    chosen,
  );
}

/** As large as the strip will be, for as long as it is not drawn. '' when there will be none. */
export const couplingStripRoom = ({ layers }: Inspection, width: number): string =>
  layers.some(takesPart) ? picture({ ...stripSize(width), title: '', role: 'beside text' }) : '';

const takesPart = ({ share }: LayerEntry): boolean => share !== null && share !== 0;

const stripSize = (width: number): { readonly width: number; readonly height: number } => ({
  width,
  height: height + 8,
});

/** A layer, or neighbours that are too thin to be drawn one by one. */
interface Segment {
  readonly layers: readonly LayerEntry[];
  /** The sum of their shares, without signs. */
  readonly weight: number;
}

/** Of a thousand layers most are thinner than a pixel: those that follow each other and all stretch, or all shrink, are one segment. */
function visibleSegments(layers: readonly LayerEntry[], least: number): readonly Segment[] {
  const segments: Segment[] = [];
  for (const layer of layers) {
    const share = layer.share ?? 0;
    const last = segments.at(-1);
    const joins = last !== undefined && last.weight < least && Math.abs(share) < least && alike(last.layers[0]!, share);
    if (joins)
      segments[segments.length - 1] = { layers: [...last.layers, layer], weight: last.weight + Math.abs(share) };
    else segments.push({ layers: [layer], weight: Math.abs(share) });
  }
  return segments;
}

const alike = ({ share }: LayerEntry, other: number): boolean => (share ?? 0) < 0 === other < 0;

function oneSegment(
  { layers, weight }: Segment,
  { norm }: Inspection,
  scale: LogScale,
  x: number,
  width: number,
): string {
  const size = ({ share }: LayerEntry): number => Math.abs(share ?? 0);
  const layer = layers.reduce((most, one) => (size(one) > size(most) ? one : most));
  const share = layer.share ?? 0;
  const upper = layer.norms[norm]?.upper;
  const colour = dataColour(upper === null || upper === undefined ? 1 : position(scale, upper));
  const box = { x, y: 1, width, height };
  const border = width > 3 ? { stroke: ink.line, 'stroke-width': 0.75 } : {};
  const words = width < 26 ? '' : shortened(layer.name, width - 8, fontSize);
  const title =
    layers.length === 1
      ? `${layer.name}: ${percent(share)}`
      : `${layers.length} layers from ${layers[0]!.name} to ${layers.at(-1)!.name}: ${percent(share < 0 ? -weight : weight)}`;
  return element(
    'g',
    { 'data-layer': layer.id },
    element('title', {}, escaped(title)),
    element('rect', { ...box, fill: colour.fill, ...border }),
    share < 0 ? element('rect', { ...box, ...border, fill: 'url(#lipschitz-shrinks)' }) : '',
    words === '' ? '' : segmentLabel(words, x + width / 2, share < 0 ? undefined : colour.text),
  );
}

/** On hatching a name needs paper behind it. */
function segmentLabel(words: string, middle: number, colour: string | undefined): string {
  const half = textWidth(words, fontSize) / 2 + 3;
  const box = { x: middle - half, y: height / 2 - 7, width: 2 * half, height: 16, fill: ink.paper };
  const text = {
    x: middle,
    y: height / 2 + 5,
    'font-size': fontSize,
    'text-anchor': 'middle',
    fill: colour ?? ink.text,
  };
  return (colour === undefined ? element('rect', box) : '') + label(words, text);
}

const hatch = element(
  'pattern',
  { id: 'lipschitz-shrinks', width: 6, height: 6, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' },
  element('rect', { width: 6, height: 6, fill: ink.paper }),
  element('path', { d: 'M0 0V6', stroke: ink.line, 'stroke-width': 2 }),
);

/** A triangle under the layer that is selected in the table. */
function selectionMark(layers: readonly LayerEntry[], whole: number, width: number, selected: string): string {
  const index = layers.findIndex(({ id }) => id === selected);
  if (index < 0) return '';
  const before = layers.slice(0, index).reduce((sum, { share }) => sum + Math.abs(share ?? 0), 0);
  const middle = 1 + ((before + Math.abs(layers[index]?.share ?? 0) / 2) / whole) * (width - 2);
  return element('path', { d: path`M${middle} ${height + 2}l5 6h-10Z`, fill: ink.line });
}

function stripTitle(layers: readonly LayerEntry[]): string {
  const heaviest = heaviestLayer(layers);
  const most = heaviest === undefined ? '' : `, the most from ${heaviest.layer.name} (${percent(heaviest.share)})`;
  const shrinking = layers.filter(({ share }) => (share ?? 0) < 0).length;
  const back = shrinking === 0 ? '' : `; ${shrinking} shrink`;
  return `Shares of ${layers.length} layers in the logarithm of the product bound${most}${back}`;
}
