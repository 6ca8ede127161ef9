import type { LipschitzMap } from '../map.ts';
import { coloured, colouredValues, coordinate } from '../map-cell.ts';
import { mapSubject } from '../map-subject.ts';
import { normWord } from '../words.ts';
import {
  colourAt,
  css,
  extremesOf,
  jointExtremes,
  placeOn,
  scaleBetween,
  scaleOf,
  type ColourScale,
  type MapColour,
} from './colour-scale.ts';
import { classMark, markPath } from './class-marks.ts';
import { decisionBoundary, type Segment } from './contours.ts';
import { path } from './interval-glyph.ts';
import { linearTicks } from './scale.ts';
import { scaleBar } from './scale-bar.ts';
import { element, ink, label, picture, shortened } from './svg.ts';

const side = 480;
const [left, top] = [56, 28];
/** Enough that no step is seen, few enough that neighbours share one and the file stays small. */
const shades = 96;

/** A map on paper: cells, decision boundary, axes, scale. Several maps are compared on one scale, given from outside. */
export function mapSvg(map: LipschitzMap, shared?: ColourScale): string {
  const colour = colourOf([map]);
  const scale = shared ?? scaleOf(colouredValues(map, colour), 'log');
  const title = titleOf(map, colour);
  return picture(
    { width: frame.width, height: frame.height + 46, title, role: 'image' },
    ...framed(map, colour, scale),
    scaleBelow(scale, title, frame.width),
  );
}

/** Two maps of one plane on one scale, the first on the left. */
export function mapsBesideSvg(first: LipschitzMap, second: LipschitzMap, shared?: ColourScale): string {
  const maps = [first, second] as const;
  const colour = colourOf(maps);
  const scale = shared ?? commonColours(maps, colour, 'log');
  const title = maps.map((map) => titleOf(map, colour)).join('; ');
  return picture(
    { width: 2 * frame.width, height: frame.height + 46, title, role: 'image' },
    element('g', {}, ...framed(first, colour, scale)),
    element('g', { transform: `translate(${frame.width} 0)` }, ...framed(second, colour, scale)),
    scaleBelow(scale, `One scale for both: ${titleOf(first, colour)}`, 2 * frame.width),
  );
}

/** With the axes and their numbers, without the scale. */
const frame = { width: left + side + 24, height: top + side + 48 };

/** Upper ends where all have them: two pictures of different ends are not compared. */
export const colourOf = (maps: readonly LipschitzMap[]): MapColour =>
  maps.every(({ rigor }) => rigor.upper !== null) ? 'upper' : 'lower';

/** The scale that holds the values of all. */
export const commonColours = (
  maps: readonly LipschitzMap[],
  colour: MapColour,
  kind: ColourScale['kind'],
): ColourScale =>
  scaleBetween(maps.map((map) => extremesOf(colouredValues(map, colour), kind)).reduce(jointExtremes), kind);

const titleOf = (map: LipschitzMap, colour: MapColour): string =>
  `${colour === 'upper' ? 'Upper' : 'Lower'} end of the local ${normWord[map.norm]} constant of ${mapSubject(map.model)}${map.constant === 'slice' ? ', inside the plane' : ''}`;

const scaleBelow = (scale: ColourScale, title: string, width: number): string =>
  element('g', { transform: `translate(${left - 12} ${frame.height})` }, scaleBar(scale, title, width - left));

const framed = (map: LipschitzMap, colour: MapColour, scale: ColourScale): readonly string[] => [
  label(shortened(titleOf(map, colour), side + 20, 13), { x: left, y: 16, 'font-size': 13 }),
  element('rect', { x: left, y: top, width: side, height: side, fill: ink.paper, stroke: ink.faint }),
  ...cells(map, colour, scale),
  ...boundary(map, decisionBoundary(map)),
  ...points(map),
  ...pins(map),
  ...axes(map),
];

function cells(map: LipschitzMap, colour: MapColour, scale: ColourScale): readonly string[] {
  const { rows, columns } = map.grid;
  const [width, height] = [side / columns, side / rows];
  const paths = new Array<string>(shades).fill('');
  const shadeOf = (index: number): number => {
    const value = coloured(map, index, colour);
    return Number.isNaN(value) ? -1 : Math.min(shades - 1, Math.floor(placeOn(scale, value) * shades));
  };
  for (let row = 0; row < rows; row++)
    for (let column = 0; column < columns;) {
      const shade = shadeOf(row * columns + column);
      const start = column;
      while (column < columns && shadeOf(row * columns + column) === shade) column++;
      if (shade < 0) continue;
      const y = top + (rows - 1 - row) * height;
      const run = path`M${left + start * width} ${y}h${(column - start) * width}v${height}h${(start - column) * width}z`;
      paths[shade] = `${paths[shade]!}${run}`;
    }
  return paths.flatMap((d, shade) =>
    d === ''
      ? []
      : [element('path', { d, fill: css(colourAt((shade + 0.5) / shades)), 'shape-rendering': 'crispEdges' })],
  );
}

function boundary({ grid }: LipschitzMap, segments: readonly Segment[]): readonly string[] {
  if (segments.length === 0) return [];
  const x = (column: number): number => left + (column / grid.columns) * side;
  const y = (row: number): number => top + side - (row / grid.rows) * side;
  const d = segments.map(([x1, y1, x2, y2]) => path`M${x(x1)} ${y(y1)}L${x(x2)} ${y(y2)}`).join('');
  // Dark below light, so that it is seen on every colour of the scale.
  return [
    element('path', { d, stroke: '#000', 'stroke-width': 3.5, 'stroke-linecap': 'round' }),
    element('path', { d, stroke: '#fff', 'stroke-width': 1.7, 'stroke-linecap': 'round' }),
  ];
}

/** Data by class, with an edge that is seen on every colour. */
function points({ points, plane }: LipschitzMap): readonly string[] {
  if (points === null) return [];
  return Array.from(points.u, (u, k) => {
    const [x, y] = placed(plane, u, points.v[k]!);
    if (x < left || x > left + side || y < top || y > top + side) return '';
    const mark = classMark(points.labels?.[k] ?? 0);
    return element('path', {
      d: markPath(mark.shape, x, y, 2.6),
      fill: mark.fill,
      stroke: mark.edge,
      'stroke-width': 0.8,
    });
  });
}

function pins({ pins, plane }: LipschitzMap): readonly string[] {
  return pins.flatMap(({ at: [u, v] }) => {
    const [cx, cy] = placed(plane, u, v);
    const circle = { cx, cy, r: 6, fill: 'none' };
    return [element('circle', { ...circle, stroke: '#000', 'stroke-width': 4 }), element('circle', { ...circle, stroke: '#fff', 'stroke-width': 2 })]; // prettier-ignore
  });
}

const placed = (
  { range: [[fromU, toU], [fromV, toV]] }: LipschitzMap['plane'],
  u: number,
  v: number,
): readonly [number, number] => [
  left + ((u - fromU) / (toU - fromU)) * side,
  top + side - ((v - fromV) / (toV - fromV)) * side,
];

function axes({ plane }: LipschitzMap): readonly string[] {
  const [[fromU, toU], [fromV, toV]] = plane.range;
  const small = { 'font-size': 11 };
  const across = linearTicks(fromU, toU, 7).map((u) =>
    label(coordinate(u), {
      x: left + ((u - fromU) / (toU - fromU)) * side,
      y: top + side + 16,
      'text-anchor': 'middle',
      ...small,
    }),
  );
  const up = linearTicks(fromV, toV, 8).map((v) =>
    label(coordinate(v), {
      x: left - 8,
      y: top + side - ((v - fromV) / (toV - fromV)) * side + 4,
      'text-anchor': 'end',
      ...small,
    }),
  );
  const [first, second] = plane.names;
  const middle = top + side / 2;
  return [
    ...across,
    ...up,
    label(first, { x: left + side / 2, y: top + side + 34, 'text-anchor': 'middle', 'font-size': 12 }),
    label(second, {
      x: 14,
      y: middle,
      'text-anchor': 'middle',
      'font-size': 12,
      transform: `rotate(-90 14 ${middle})`,
    }),
  ];
}
