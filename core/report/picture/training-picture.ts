import type { ComparedInterval } from '../comparison/comparison.ts';
import { digits } from '../digits.ts';
import { historyTitle, orderWords, tellingLayers } from '../training/words.ts';
import type { TrainingHistory } from '../training/history.ts';
import { normWord } from '../words.ts';
import { path } from './interval-glyph.ts';
import { closeScale, linearTicks, logTicks, position, type LogScale } from './scale.ts';
import { element, escaped, ink, label, picture, shortened } from './svg.ts';

const [top, layersHeight, networkHeight, gap] = [22, 230, 130, 46];
const [left, small] = [56, 11];
/** Lines with a name of their own at the right; more would stand on each other. */
const mostNames = 16;
const dashes = [undefined, '7 3', '2 2', '9 3 2 3', '4 4'] as const;

interface Point {
  readonly x: number;
  readonly at: ComparedInterval;
}

type Axis = (value: number) => number;

/**
 * Norms of the layers over the checkpoints (Rosca et al. 2020, Figure 5a), and below them the network's constant as a band between its
 * proved ends. Lines are told apart by dashes and names; colour adds how deep in the network the layer is.
 */
export function trainingPicture(history: TrainingHistory, width: number, selected?: string): string {
  const layers = tellingLayers(history);
  const right = width - Math.min(190, width * 0.3);
  const x = across(history, right);
  const lines = layers.map(({ name, constants }) => ({ name, points: pointsOf(constants, x) }));
  const network = pointsOf(
    history.checkpoints.map((checkpoint) => (checkpoint.state === 'read' ? checkpoint.network : null)),
    x,
  );
  const drawn = lines.filter(({ points }) => points.length > 0);
  if (drawn.length === 0 && network.length === 0) return '';
  const parts: string[] = [];
  let y = top;
  if (drawn.length > 0) {
    parts.push(heading(`${normWord[history.norm]} norms of the layers`, y));
    parts.push(...plot(drawn.flatMap(({ points }) => points), y, layersHeight, right, (up) => layerLines(drawn, up, right, width, selected))); // prettier-ignore
    y += layersHeight + gap;
  }
  if (network.length > 0) {
    parts.push(heading(`${normWord[history.norm]} constant of the network`, y));
    parts.push(
      ...plot(network, y, networkHeight, right, (up) => [band(network, up, ink.bar, 0.5), ...ends(network, up)]),
    );
    y += networkHeight + gap;
  }
  const bottom = y - gap;
  return picture(
    { width, height: bottom + 38, title: historyTitle(history), role: 'image' },
    ...parts,
    ...steps(history, x, bottom, right),
  );
}

const heading = (text: string, y: number): string =>
  label(text, { x: left, y: y - 8, 'font-size': 12, 'font-weight': 600 });

/** By their number where all have one; else one after the other. */
function across({ checkpoints }: TrainingHistory, right: number): (place: number) => number {
  const numbers = checkpoints.map(({ step }) => step);
  const [from, to] = [numbers[0], numbers.at(-1)];
  const numbered = numbers.every((step) => step !== null) && from !== to;
  const room = right - left - 16;
  if (numbered) return (place) => left + 8 + ((numbers[place]! - from!) / (to! - from!)) * room;
  return (place) => left + 8 + (checkpoints.length < 2 ? 0.5 : place / (checkpoints.length - 1)) * room;
}

const pointsOf = (constants: readonly (ComparedInterval | null)[], x: Axis): readonly Point[] =>
  constants.flatMap((at, place) => (at === null ? [] : [{ x: x(place), at }]));

function plot(
  points: readonly Point[],
  y: number,
  height: number,
  right: number,
  draw: (up: Axis) => readonly string[],
): readonly string[] {
  // prettier-ignore
  const scale: LogScale = closeScale(points.flatMap(({ at: { lower, upper } }) => (upper === null ? [lower] : [lower, upper])));
  const up: Axis = (value) => y + height - position(scale, value) * height;
  const grid = logTicks(scale, 6).map(
    (value) =>
      element('path', { d: path`M${left} ${up(value)}H${right}`, stroke: ink.grid, 'stroke-dasharray': value === 1 ? undefined : '1 3' }) + // prettier-ignore
      label(digits(value, 'nearest'), { x: left - 6, y: up(value) + 4, 'text-anchor': 'end', 'font-size': small, fill: ink.faint }), // prettier-ignore
  );
  const axis = element('path', { d: path`M${left} ${y}V${y + height}H${right}`, stroke: ink.faint, fill: 'none' });
  return [...grid, axis, ...draw(up)];
}

function layerLines(
  lines: readonly { readonly name: string; readonly points: readonly Point[] }[],
  up: Axis,
  right: number,
  width: number,
  selected: string | undefined,
): readonly string[] {
  const named = namesBeside(lines, up);
  return lines.map(({ name, points }, i) => {
    const colour = dataLine(i, lines.length);
    const chosen = name === selected;
    const line = {
      stroke: colour,
      'stroke-width': chosen ? 3.5 : 1.8,
      'stroke-dasharray': dashes[i % dashes.length],
      fill: 'none',
    };
    const words = named.get(name);
    return element(
      'g',
      { 'data-layer': name },
      element('title', {}, escaped(name)),
      band(points, up, colour, 0.25),
      element('path', { d: through(points, ({ upper, lower }) => upper ?? lower, up), ...line }),
      ...points.map(({ x, at }) => element('circle', { cx: x, cy: up(at.upper ?? at.lower), r: chosen ? 3.5 : 2, fill: colour })),
      ...(words === undefined
        ? []
        : [
            element('path', { d: path`M${points.at(-1)!.x + 3} ${up(points.at(-1)!.at.upper ?? points.at(-1)!.at.lower)}L${right + 6} ${words}`, stroke: ink.faint, 'stroke-width': 0.6 }),
            element('path', { d: path`M${right + 8} ${words}h16`, ...line }),
            label(shortened(name, width - right - 32, small), { x: right + 28, y: words + 4, 'font-size': small, ...(chosen ? { 'font-weight': 700 } : {}) }),
          ]),
    );
  }); // prettier-ignore
}

/** Where the names stand: at the height of the last point, pushed apart; those that move most where there are too many. */
function namesBeside(lines: Parameters<typeof layerLines>[0], up: Axis): ReadonlyMap<string, number> {
  const range = ({ points }: (typeof lines)[number]): number => {
    const values = points.map(({ at }) => at.upper ?? at.lower).filter((value) => value > 0);
    return values.length === 0 ? 0 : Math.log(Math.max(...values) / Math.min(...values));
  };
  const chosen = lines.toSorted((a, b) => range(b) - range(a)).slice(0, mostNames);
  const wanted = chosen
    .map((line) => ({ name: line.name, y: up(line.points.at(-1)!.at.upper ?? line.points.at(-1)!.at.lower) }))
    .toSorted((a, b) => a.y - b.y);
  const apart = 13;
  const places = new Map<string, number>();
  let last = -Infinity;
  for (const { name, y } of wanted) {
    last = Math.max(y, last + apart);
    places.set(name, last);
  }
  // What was pushed out below moves up again.
  let floor = top + layersHeight + 4;
  for (const { name } of wanted.toReversed()) {
    const y = Math.min(places.get(name)!, floor);
    places.set(name, y);
    floor = y - apart;
  }
  return places;
}

/** From the first layer to the last along the sequential data scale, without its lightest steps, which paper swallows. */
const dataLine = (place: number, of: number): string => lineColours[Math.round((of < 2 ? 0 : place / (of - 1)) * (lineColours.length - 1))]!; // prettier-ignore
const lineColours = [0, 1, 2, 3, 4, 5].map((step) => `var(--lipschitz-line-${step}, ${['#440154', '#46327e', '#365c8d', '#277f8e', '#1fa187', '#4ac16d'][step]!})`); // prettier-ignore

const through = (points: readonly Point[], value: (at: ComparedInterval) => number, up: Axis): string =>
  points.map(({ x, at }, i) => (i === 0 ? path`M${x} ${up(value(at))}` : path`L${x} ${up(value(at))}`)).join('');

/** What is not known: between the ends, where there are two. */
function band(points: readonly Point[], up: Axis, fill: string, opacity: number): string {
  const closed = points.filter(({ at }) => at.upper !== null && at.upper > at.lower);
  if (closed.length < 2) return '';
  const back = closed.toReversed().map(({ x, at }) => path`L${x} ${up(at.lower)}`);
  const d = `${through(closed, ({ upper }) => upper!, up)}${back.join('')}Z`;
  return element('path', { d, fill, 'fill-opacity': opacity, stroke: 'none' });
}

function ends(points: readonly Point[], up: Axis): readonly string[] {
  const bounded = points.filter(({ at }) => at.upper !== null);
  const last = points.at(-1)!;
  const line = { fill: 'none', stroke: ink.line, 'stroke-width': 1.8 };
  const dots = points.flatMap(({ x, at }) => [
    ...(at.upper === null ? [] : [element('circle', { cx: x, cy: up(at.upper), r: 2.5, fill: ink.line })]),
    element('circle', { cx: x, cy: up(at.lower), r: 2.5, fill: ink.paper, stroke: ink.line }),
  ]);
  const closed = last.at.upper !== null && Math.abs(up(last.at.upper) - up(last.at.lower)) < 12;
  return [
    ...(bounded.length === 0 ? [] : [element('path', { d: through(bounded, ({ upper }) => upper!, up), ...line })]),
    element('path', { d: through(points, ({ lower }) => lower, up), ...line, 'stroke-dasharray': '5 2' }),
    ...dots,
    ...(last.at.upper === null
      ? []
      : [label(closed ? 'both ends' : 'upper end', { x: last.x + 14, y: up(last.at.upper) + 4, 'font-size': small })]),
    ...(closed ? [] : [label('lower end', { x: last.x + 14, y: up(last.at.lower) + 4, 'font-size': small })]),
  ];
}

function steps(history: TrainingHistory, x: Axis, bottom: number, right: number): readonly string[] {
  const { checkpoints, order } = history;
  const numbered = checkpoints.every(({ step }) => step !== null) && checkpoints.length > 1;
  const most = Math.max(2, Math.floor((right - left) / 80));
  const [from, to] = [checkpoints[0]?.step ?? 0, checkpoints.at(-1)?.step ?? 0];
  const marks = numbered
    ? linearTicks(from, to, most).map((step) => ({ at: x(0) + ((step - from) / (to - from || 1)) * (x(checkpoints.length - 1) - x(0)), words: String(step) })) // prettier-ignore
    : checkpoints
        .map(({ file }, place) => ({ at: x(place), words: shortened(file, 76, small), place }))
        .filter(({ place }) => place % Math.ceil(checkpoints.length / most) === 0);
  return [
    ...marks.map(({ at, words }) => label(words, { x: at, y: bottom + 16, 'text-anchor': 'middle', 'font-size': small, fill: ink.faint })), // prettier-ignore
    ...marks.map(({ at }) => element('path', { d: path`M${at} ${bottom}v4`, stroke: ink.faint })),
    label(order === 'time' ? `checkpoints, by ${orderWords.time}` : order === 'number' ? 'checkpoint' : order, { x: (left + right) / 2, y: bottom + 33, 'text-anchor': 'middle', 'font-size': small + 1 }), // prettier-ignore
  ];
}
