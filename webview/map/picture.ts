import { linearTicks } from '../../core/report/picture/scale.ts';
import { classMark, markPath } from '../../core/report/picture/class-marks.ts';
import type { Arrow } from '../../core/report/picture/gradient-field.ts';
import type { LipschitzMap, MapPoints } from '../../core/report/map.ts';
import { cellEdges, coordinate, type Cell } from '../../core/report/map-cell.ts';
import type { Segment } from '../../core/report/picture/contours.ts';
import { xOf, yOf, type Frame } from './frame.ts';

/** What the theme says; canvases do not read CSS. */
export interface Ink {
  readonly text: string;
  readonly faint: string;
  readonly paper: string;
  readonly font: string;
}

/** What is drawn over the cells and does not change with them. */
export interface MapLines {
  readonly map: LipschitzMap;
  readonly boundary: readonly Segment[];
  readonly contours: readonly Segment[];
  readonly points: MapPoints | null;
  readonly arrows: readonly Arrow[];
}

/** What lies below the cells: paper, hatched where nothing is known yet. */
export function drawPaper(context: CanvasRenderingContext2D, frame: Frame, { paper, faint }: Ink): void {
  const { canvas } = context;
  context.fillStyle = paper;
  context.fillRect(0, 0, canvas.width, canvas.height);
  inside(context, frame, () => hatch(context, frame, faint));
}

/** One pixel a cell, magnified. */
export function drawCells(
  context: CanvasRenderingContext2D,
  frame: Frame,
  cells: CanvasImageSource,
  { plane }: LipschitzMap,
): void {
  const [[from, to], [bottom, above]] = plane.range;
  const [x, y] = [xOf(frame, from), yOf(frame, above)];
  inside(context, frame, () => {
    context.imageSmoothingEnabled = false;
    context.drawImage(cells, x, y, xOf(frame, to) - x, yOf(frame, bottom) - y);
  });
}

export function drawLines(context: CanvasRenderingContext2D, frame: Frame, picture: MapLines, ink: Ink): void {
  inside(context, frame, () => {
    lines(context, frame, picture.map, picture.contours, 'rgba(255,255,255,0.55)', 1);
    // Dark below light, so that it is seen on every colour of the scale.
    lines(context, frame, picture.map, picture.boundary, '#000', 4);
    lines(context, frame, picture.map, picture.boundary, '#fff', 2);
    arrows(context, frame, picture.arrows);
    points(context, frame, picture.points);
  });
  axes(context, frame, picture.map, ink);
}

/** What the user points at and has pinned. */
export function drawMarks(
  context: CanvasRenderingContext2D,
  frame: Frame,
  map: LipschitzMap,
  { pinned, crosshair }: { readonly pinned: Cell | undefined; readonly crosshair: Cell | undefined },
): void {
  inside(context, frame, () => {
    if (pinned !== undefined) outline(context, frame, map, pinned, [6, 0]);
    if (crosshair !== undefined) cross(context, frame, map, crosshair);
  });
}

function inside(context: CanvasRenderingContext2D, { left, top, width, height }: Frame, draw: () => void): void {
  context.save();
  context.beginPath();
  context.rect(left, top, width, height);
  context.clip();
  draw();
  context.restore();
}

/** The direction in which the first output, or the lead of the decided one, grows. */
function arrows(context: CanvasRenderingContext2D, frame: Frame, field: readonly Arrow[]): void {
  if (field.length === 0) return;
  for (const [colour, line] of [
    ['rgba(0,0,0,0.6)', 2.6],
    ['#fff', 1.2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    for (const { u, v, du, dv, share } of field) {
      const [x, y] = [xOf(frame, u), yOf(frame, v)];
      const [dx, dy] = [xOf(frame, u + du) - x, yOf(frame, v + dv) - y];
      const size = Math.hypot(dx, dy) || 1;
      const [a, b] = [((4 + 7 * share) * dx) / size, ((4 + 7 * share) * dy) / size];
      context.moveTo(x - a, y - b);
      context.lineTo(x + a, y + b);
      context.lineTo(x + a - 0.5 * a - 0.35 * b, y + b - 0.5 * b + 0.35 * a);
      context.moveTo(x + a, y + b);
      context.lineTo(x + a - 0.5 * a + 0.35 * b, y + b - 0.5 * b - 0.35 * a);
    }
    context.stroke();
  }
}

function points(context: CanvasRenderingContext2D, frame: Frame, data: MapPoints | null): void {
  if (data === null) return;
  context.lineWidth = 0.8;
  for (let k = 0; k < data.u.length; k++) {
    const { shape, fill, edge } = classMark(data.labels?.[k] ?? 0);
    const path = new Path2D(markPath(shape, xOf(frame, data.u[k]!), yOf(frame, data.v[k]!), 3));
    context.fillStyle = fill;
    context.strokeStyle = edge;
    context.fill(path);
    context.stroke(path);
  }
}

/** What is not known yet is not a colour of the scale. */
function hatch(context: CanvasRenderingContext2D, { left, top, width, height }: Frame, colour: string): void {
  context.strokeStyle = colour;
  context.globalAlpha = 0.25;
  context.lineWidth = 1;
  context.beginPath();
  for (let x = left - height; x < left + width; x += 8) {
    context.moveTo(x, top + height);
    context.lineTo(x + height, top);
  }
  context.stroke();
  context.globalAlpha = 1;
}

function lines(
  context: CanvasRenderingContext2D,
  frame: Frame,
  { plane, grid }: LipschitzMap,
  segments: readonly Segment[],
  colour: string,
  width: number,
): void {
  if (segments.length === 0) return;
  const [[left, right], [bottom, top]] = plane.range;
  const x = (column: number): number => xOf(frame, left + (column / grid.columns) * (right - left));
  const y = (row: number): number => yOf(frame, bottom + (row / grid.rows) * (top - bottom));
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.lineCap = 'round';
  context.beginPath();
  for (const [x1, y1, x2, y2] of segments) {
    context.moveTo(x(x1), y(y1));
    context.lineTo(x(x2), y(y2));
  }
  context.stroke();
}

function box(frame: Frame, map: LipschitzMap, cell: Cell): readonly [number, number, number, number] {
  const [left, right, bottom, top] = cellEdges(map, cell);
  const [x, y] = [xOf(frame, left), yOf(frame, top)];
  return [x, y, xOf(frame, right) - x, yOf(frame, bottom) - y];
}

function outline(
  context: CanvasRenderingContext2D,
  frame: Frame,
  map: LipschitzMap,
  cell: Cell,
  dash: readonly number[],
): void {
  const [x, y, width, height] = box(frame, map, cell);
  for (const [colour, line] of [
    ['#000', 4],
    ['#fff', 2],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.setLineDash([...dash]);
    context.strokeRect(x - 1, y - 1, width + 2, height + 2);
  }
  context.setLineDash([]);
}

function cross(context: CanvasRenderingContext2D, frame: Frame, map: LipschitzMap, cell: Cell): void {
  const [x, y, width, height] = box(frame, map, cell);
  const [middle, centre] = [x + width / 2, y + height / 2];
  for (const [colour, line] of [
    ['rgba(0,0,0,0.7)', 3],
    ['#fff', 1],
  ] as const) {
    context.strokeStyle = colour;
    context.lineWidth = line;
    context.beginPath();
    context.moveTo(frame.left, centre);
    context.lineTo(x, centre);
    context.moveTo(x + width, centre);
    context.lineTo(frame.left + frame.width, centre);
    context.moveTo(middle, frame.top);
    context.lineTo(middle, y);
    context.moveTo(middle, y + height);
    context.lineTo(middle, frame.top + frame.height);
    context.rect(x, y, width, height);
    context.stroke();
  }
}

function axes(context: CanvasRenderingContext2D, frame: Frame, map: LipschitzMap, ink: Ink): void {
  const { left, top, width, height, view } = frame;
  context.strokeStyle = ink.faint;
  context.fillStyle = ink.text;
  context.lineWidth = 1;
  context.font = ink.font;
  context.strokeRect(left - 0.5, top - 0.5, width + 1, height + 1);
  context.textBaseline = 'top';
  context.textAlign = 'center';
  for (const u of linearTicks(view[0][0], view[0][1], Math.max(2, width / 70))) {
    context.fillRect(xOf(frame, u), top + height, 1, 4);
    context.fillText(coordinate(u), xOf(frame, u), top + height + 6);
  }
  context.fillText(map.plane.names[0], left + width / 2, top + height + 20, width);
  context.textAlign = 'right';
  context.textBaseline = 'middle';
  for (const v of linearTicks(view[1][0], view[1][1], Math.max(2, height / 50))) {
    context.fillRect(left - 4, yOf(frame, v), 4, 1);
    context.fillText(coordinate(v), left - 6, yOf(frame, v), left - 18);
  }
  context.save();
  context.translate(8, top + height / 2);
  context.rotate(-Math.PI / 2);
  context.textAlign = 'center';
  context.fillText(map.plane.names[1], 0, 0, height);
  context.restore();
}
