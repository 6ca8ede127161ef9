import { boxFont } from '../graph-boxes.ts';
import type { GraphBox, GraphLayout, GraphPath } from '../graph-layout.ts';
import type { NodeLook } from '../graph-look.ts';
import { path } from './interval-glyph.ts';
import { dataColour, element, escaped, ink, label, picture, textWidth } from './svg.ts';

/** A part of the drawing, in its own pixels. */
export interface GraphWindow {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

/** Letters smaller than this on screen are a grey blur that costs more to draw than all boxes together. */
const leastLetters = 5;

export interface GraphDrawing {
  readonly layout: GraphLayout;
  readonly looks: readonly NodeLook[];
  /** What is outside is not drawn. */
  readonly window: GraphWindow;
  /** Pixels of the screen for one of the drawing. */
  readonly zoom: number;
  /** Boxes that a search did not find are faint; undefined while nothing is searched for. */
  readonly found: ReadonlySet<number> | undefined;
}

/** The lines as markup for the inside of an `svg` whose view box is in the drawing's pixels; boxes go on top of them. */
export function graphLines({ layout, window, zoom }: GraphDrawing): string {
  const lines = layout.edges.filter(({ points }) => crosses(points, window));
  return element('defs', {}, shrinking, beyond) + edgeLines(lines, zoom);
}

/** The boxes one by one: who draws thousands of them need not do it at once. */
export function* graphBoxes({ layout, looks, window, zoom, found }: GraphDrawing): Iterable<string> {
  const lettered = zoom * boxFont.name >= leastLetters;
  for (const [i, box] of layout.boxes.entries())
    if (overlaps(box, window)) yield oneBox(box, looks[i]!, i, lettered, found !== undefined && !found.has(i));
}

/** The whole network as a picture of its own. */
export function graphPicture(layout: GraphLayout, looks: readonly NodeLook[], title: string): string {
  const { width, height } = layout;
  const whole = { layout, looks, window: { x: 0, y: 0, width, height }, zoom: 1, found: undefined };
  return picture({ width, height, title, role: 'image' }, graphLines(whole), ...graphBoxes(whole));
}

const overlaps = (box: GraphBox, { x, y, width, height }: GraphWindow): boolean =>
  box.x <= x + width && box.x + box.width >= x && box.y <= y + height && box.y + box.height >= y;

function crosses(points: readonly number[], window: GraphWindow): boolean {
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let i = 0; i < points.length; i += 2) {
    left = Math.min(left, points[i]!);
    right = Math.max(right, points[i]!);
    top = Math.min(top, points[i + 1]!);
    bottom = Math.max(bottom, points[i + 1]!);
  }
  return overlaps({ x: left, y: top, width: right - left, height: bottom - top }, window);
}

/** All lines are one path: two thousand of them cost as much as one. Never thinner than a pixel of the screen. */
function edgeLines(edges: readonly GraphPath[], zoom: number): string {
  const width = Math.max(1.25, 0.8 / zoom);
  const lines = edges.map(({ points }) =>
    points.reduce(
      (drawn, x, i) => (i % 2 === 0 ? drawn + `${i === 0 ? 'M' : 'L'}${round(x)} ${round(points[i + 1]!)}` : drawn),
      '',
    ),
  );
  return (
    element('path', { d: lines.join(''), fill: 'none', stroke: ink.faint, 'stroke-width': width }) +
    element('path', { d: edges.map(({ points }) => arrowHead(points)).join(''), fill: ink.faint })
  );
}

const round = (value: number): number => Math.round(value * 10) / 10;

function arrowHead(points: readonly number[]): string {
  const [x, y] = [points.at(-2), points.at(-1)];
  const [beforeX, beforeY] = [points.at(-4), points.at(-3)];
  if (x === undefined || y === undefined || beforeX === undefined || beforeY === undefined) return '';
  const length = Math.hypot(x - beforeX, y - beforeY);
  if (length === 0) return '';
  const [alongX, alongY] = [(x - beforeX) / length, (y - beforeY) / length];
  const [backX, backY] = [x - 6 * alongX, y - 6 * alongY];
  return path`M${x} ${y}L${backX - 3.2 * alongY} ${backY + 3.2 * alongX}L${backX + 3.2 * alongY} ${backY - 3.2 * alongX}Z`;
}

function oneBox(box: GraphBox, look: NodeLook, index: number, lettered: boolean, faint: boolean): string {
  const { x, y, width, height } = box;
  const culprit = look.state === 'unbounded' || look.state === 'unsupported';
  const { fill, text } = fillOf(look);
  const frame = {
    ...{ x, y, width, height, rx: look.role === 'layer' ? 4 : height / 2 },
    stroke: ink.line,
    'stroke-width': culprit ? 2.5 : look.role === 'layer' ? 0.9 : 1.25,
    'stroke-dasharray': culprit ? '6 4' : undefined,
  };
  return element(
    'g',
    { 'data-node': index, opacity: faint ? 0.28 : undefined },
    element('title', {}, escaped(look.words)),
    element('rect', { ...frame, fill }),
    look.shrinks ? element('rect', { ...frame, fill: 'url(#lipschitz-graph-shrinks)' }) : '',
    look.isLost ? element('rect', { ...frame, fill: 'url(#lipschitz-graph-behind)' }) : '',
    lettered ? letters(box, look, look.shrinks || look.isLost ? undefined : text) : '',
    culprit ? badge(box, look.state === 'unbounded' ? '∞' : '?') : '',
  );
}

function fillOf({ place, role, state }: NodeLook): { readonly fill: string; readonly text: string } {
  if (place !== undefined && state !== 'unbounded' && state !== 'unsupported') return dataColour(place);
  return { fill: role === 'layer' ? ink.paper : ink.box, text: ink.text };
}

/** Names keep their ends, which tell layers apart. On hatching they need paper behind them. */
function letters(box: GraphBox, { name, numbers }: NodeLook, colour: string | undefined): string {
  const middle = box.x + box.width / 2;
  const shown = ending(name, box.width - 14);
  const twoLines = numbers !== '' && box.height >= 36;
  const nameY = box.y + (twoLines ? 17 : box.height / 2 + 4.2);
  const wide = Math.min(
    box.width - 6,
    Math.max(textWidth(shown, boxFont.name), twoLines ? textWidth(numbers, boxFont.numbers) : 0) + 6,
  );
  const paper = {
    ...{ x: middle - wide / 2, y: nameY - 12, width: wide, height: twoLines ? 31 : 16, rx: 2 },
    fill: ink.paper,
  };
  const fill = colour ?? ink.text;
  return (
    (colour === undefined ? element('rect', paper) : '') +
    label(shown, {
      x: middle,
      y: nameY,
      'text-anchor': 'middle',
      'font-size': boxFont.name,
      'font-weight': 600,
      fill,
    }) +
    (twoLines
      ? label(numbers, { x: middle, y: box.y + 32, 'text-anchor': 'middle', 'font-size': boxFont.numbers, fill })
      : '')
  );
}

function ending(text: string, width: number): string {
  if (textWidth(text, boxFont.name) <= width) return text;
  return `…${text.slice(-Math.max(3, Math.floor(width / (boxFont.name * 0.58)) - 1))}`;
}

/** Seen at every zoom: what has no finite constant is what people look for. */
function badge({ x, y, width }: GraphBox, sign: string): string {
  const [cx, cy] = [x + width - 4, y + 3];
  return (
    element('circle', { cx, cy, r: 10, fill: ink.paper, stroke: ink.line, 'stroke-width': 2 }) +
    label(sign, { x: cx, y: cy + 5, 'text-anchor': 'middle', 'font-size': 15, 'font-weight': 700 })
  );
}

const stripes = (id: string, angle: number, width: number, paper: string): string =>
  element(
    'pattern',
    { id, width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: `rotate(${angle})` },
    element('rect', { width: 7, height: 7, fill: paper }),
    element('path', { d: 'M0 0V7', stroke: ink.line, 'stroke-width': width }),
  );

const shrinking = stripes('lipschitz-graph-shrinks', 45, 2, ink.paper);
const beyond = stripes('lipschitz-graph-behind', -45, 1, ink.paper);
