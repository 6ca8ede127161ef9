import { basename } from 'node:path';
import { fileSource } from '../formats/bytes.ts';
import { readNpy } from '../formats/npy.ts';
import type { MapPlane, MapPoints } from '../report/map.ts';
import { RequestError } from '../sentence.ts';
import type { MapDataRequest } from './map-request.ts';

/** More points hide each other. */
const mostPoints = 10_000;

/** Data beside a map: where each point lies in the plane, and how far from it. */
export function mapPoints({ data, labels }: MapDataRequest, plane: MapPlane): MapPoints {
  const size = plane.origin.length;
  using source = fileSource(data);
  const { shape, numbers } = readNpy(source);
  const all = shape[0] ?? 0;
  if (shape.length < 1 || numbers.length !== all * size || all === 0)
    throw new RequestError(
      `The data in ${basename(data)} have the shape (${shape.join(', ')}): each row must have the ${size} numbers of the input.`,
    );
  const classes = labels === undefined ? null : labelsIn(labels, all);
  const every = Math.ceil(all / mostPoints);
  const count = Math.ceil(all / every);
  const points = { u: new Float64Array(count), v: new Float64Array(count), distance: new Float64Array(count) };
  for (let k = 0; k < count; k++) {
    let [u, v, square] = [0, 0, 0];
    for (let i = 0; i < size; i++) {
      const off = numbers[k * every * size + i]! - plane.origin[i]!;
      u += off * plane.first[i]!;
      v += off * plane.second[i]!;
      square += off * off;
    }
    points.u[k] = u;
    points.v[k] = v;
    points.distance[k] = Math.sqrt(Math.max(0, square - u * u - v * v));
  }
  return {
    ...points,
    labels: classes === null ? null : Int32Array.from({ length: count }, (_, k) => classes[k * every]!),
  };
}

function labelsIn(path: string, count: number): Int32Array {
  using source = fileSource(path);
  const { numbers, shape } = readNpy(source);
  if (numbers.length !== count || !numbers.every(Number.isInteger))
    throw new RequestError(
      `The labels in ${basename(path)} have the shape (${shape.join(', ')}): there must be one whole number for each of the ${count} points.`,
    );
  return Int32Array.from(numbers);
}
