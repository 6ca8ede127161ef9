import type { Engine } from '../compute/engine.ts';
import type { Work } from '../compute/work.ts';
import { openWideGraph, type WideGraph } from '../estimators/maps/wide-graph.ts';
import type { CellQuestion } from '../estimators/maps/cell-method.ts';
import { normOf, steepestDirection, type Small } from '../estimators/exact/jacobian-norm.ts';
import { lengthOf } from '../region.ts';
import type { MapPin } from '../report/map-pin.ts';
import { CellHand } from './cell-hand.ts';
import { certifiedRadius } from './certified-radius.ts';
import type { MapRequest } from './map-request.ts';
import { openModel } from './open-model.ts';
import { startPace } from './pace.ts';

/** Numbers of a Jacobian that are written down. */
const mostEntries = 4096;

/** The same for a request that has no map open. */
export async function pinOf(
  request: MapRequest,
  [u, v]: MapPin['at'],
  engine: Engine,
  signal: AbortSignal,
): Promise<MapPin> {
  const pace = startPace(engine, signal, secondsPerPin);
  using model = await openModel(request, engine);
  await using hand = new CellHand(request, model, pace);
  return await pinAt(hand.question, u, v, pace.until(secondsPerPin));
}

/** Beside the budget of the map. */
export const secondsPerPin = 10;

/** What the network says at one point of the plane, in float64, and how far around it that is certain. */
export async function pinAt(question: CellQuestion, u: number, v: number, work: Work): Promise<MapPin> {
  const { prepared, grid, norm } = question;
  const { runnable: network, output } = prepared;
  const point = new Float64Array(grid.plane.origin.length);
  grid.put(point, 0, u, v);
  const opened = await openWideGraph({ network, output, kind: 'values', precision: 'float64', most: 1 }, work.engine);
  if ('missing' in opened) throw new Error(opened.missing.reason);
  await using values = opened;
  const outputs = Float64Array.from(await values.run(point, 1));
  const jacobian = await jacobianAt(question, point, outputs.length, work);
  const decision = outputs.length === 1 ? Number(outputs[0]! > 0) : outputs.indexOf(Math.max(...outputs));
  return {
    at: [u, v],
    point: [...point],
    outputs: [...outputs],
    decision,
    jacobian: jacobian === undefined ? null : rowsOf(jacobian),
    slope: jacobian === undefined ? null : normOf(norm, jacobian),
    radius: {
      l2: await certifiedRadius(prepared, point, decision, 'l2', work),
      linf: await certifiedRadius(prepared, point, decision, 'linf', work),
    },
    witness: jacobian === undefined ? null : await witnessAt(question, values, point, outputs, jacobian),
  };
}

/** Row by row, by back-propagation. */
async function jacobianAt(
  { prepared, grid }: CellQuestion,
  point: Float64Array,
  rows: number,
  work: Work,
): Promise<Small | undefined> {
  const columns = grid.plane.origin.length;
  if (rows * columns > mostEntries) return undefined;
  const { runnable: network, output } = prepared;
  const opened = await openWideGraph({ network, output, kind: 'back', precision: 'float64', most: 1 }, work.engine);
  if ('missing' in opened) return undefined;
  await using back = opened;
  const entries = new Float64Array(rows * columns);
  for (let i = 0; i < rows; i++) {
    await work.breathe();
    entries.set(await back.run(point, 1, new Float64Array(rows).fill(1, i, i + 1)), i * columns);
  }
  return { rows, columns, entries };
}

/** A short step from the point in the direction that the Jacobian stretches most. */
async function witnessAt(
  { norm, grid }: CellQuestion,
  values: WideGraph,
  point: Float64Array,
  outputs: Float64Array,
  jacobian: Small,
): Promise<MapPin['witness']> {
  const direction = steepestDirection(norm, jacobian);
  const { left, right } = grid.box(0);
  const length = (1e-3 * (right - left)) / lengthOf(direction, norm);
  if (!Number.isFinite(length)) return null;
  const to = point.map((x, i) => x + length * direction[i]!);
  const there = await values.run(to, 1);
  const moved = lengthOf(outputs.map((value, i) => there[i]! - value), norm); // prettier-ignore
  const step = lengthOf(to.map((x, i) => x - point[i]!), norm); // prettier-ignore
  return { from: [...point], to: [...to], quotient: moved / step };
}

const rowsOf = ({ rows, columns, entries }: Small): readonly (readonly number[])[] =>
  Array.from({ length: rows }, (_, i) => [...entries.subarray(i * columns, (i + 1) * columns)]);
