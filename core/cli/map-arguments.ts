import { defaultMapRequest, samplesPerCell, type MapRequest } from '../inspection/map-request.ts';
import type { MapMethod, MapRange } from '../report/map.ts';
import type { ColourScale } from '../report/picture/colour-scale.ts';
import { requestOf, type Arguments } from './arguments.ts';
import { UsageError } from './usage.ts';

/** What was asked of `lipschitz map`. */
export function mapRequestOf(args: Arguments, file: string): MapRequest {
  const { values } = args;
  const { norm, budgetSeconds, provider, threads, input, output, set, dims, ...asked } = requestOf(args, file);
  const method = oneOf<MapMethod>('--method', ['pairs', 'jacobian', 'certified'], values.method ?? 'jacobian');
  const request = defaultMapRequest(asked.file, method);
  if (values.labels !== undefined && values.data === undefined)
    throw new UsageError('--labels belong to the points of --data: name those as well.');
  const samples = method === 'pairs' ? values.pairs : values.samples;
  if (method !== 'pairs' && values.pairs !== undefined)
    throw new UsageError('--pairs is for --method pairs; the other methods take --samples.');
  if (method === 'pairs' && values.samples !== undefined)
    throw new UsageError('--samples is for the other methods; --method pairs takes --pairs.');
  return {
    ...request,
    ...{ norm, provider, threads, set, dims },
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    budgetSeconds: values.budget === undefined ? request.budgetSeconds : budgetSeconds,
    plane: planeOf(args),
    ...(values.at === undefined ? {} : { at: values.at }),
    ...(values.range === undefined ? {} : { range: rangeOf(values.range) }),
    grid: values.grid === undefined ? request.grid : gridOf(values.grid),
    ...(values.data === undefined
      ? {}
      : { data: { data: values.data, ...(values.labels === undefined ? {} : { labels: values.labels }) } }),
    ...(values.pin === undefined ? {} : { pins: values.pin.map(placeOf) }),
    constant: values.restrict === undefined ? 'full input' : oneOf('--restrict', ['slice'], values.restrict),
    samples:
      samples === undefined ? samplesPerCell[method] : wholeOf(method === 'pairs' ? '--pairs' : '--samples', samples),
    seed: values.seed === undefined ? request.seed : wholeOf('--seed', values.seed),
  };
}

/** The ends of the colour scale of the pictures, so that several maps share one. */
export function scaleOf({ values: { scale } }: Arguments): ColourScale | undefined {
  if (scale === undefined) return undefined;
  const [from, to, ...more] = scale.split(':').map(Number);
  if (from === undefined || to === undefined || more.length > 0 || !(from > 0) || !(to > from) || to === Infinity)
    throw new UsageError(`--scale needs A:B with 0 < A < B, not "${scale}".`);
  return { kind: 'log', from, to };
}

function planeOf({ values }: Arguments): MapRequest['plane'] {
  // Data beside another plane are only shown in it.
  const given = (['axes', 'random', 'through'] as const).filter((name) => values[name] !== undefined);
  if (given.length > 1)
    throw new UsageError(`A map shows one plane: --${given.join(' and --')} name ${given.length} of them.`);
  if (values.random === true) return { kind: 'random' };
  if (values.through !== undefined) {
    const [a, b, c, ...more] = values.through;
    if (a === undefined || b === undefined || c === undefined || more.length > 0)
      throw new UsageError(
        `A plane goes through three points: give --through three times, not ${values.through.length}.`,
      );
    return { kind: 'points', points: [a, b, c] };
  }
  if (values.data !== undefined && values.axes === undefined) return { kind: 'principal', data: values.data };
  const [i, j, ...rest] = (values.axes ?? '0,1').split(',').map((text) => wholeOf('--axes', text));
  if (i === undefined || j === undefined || rest.length > 0)
    throw new UsageError(`--axes needs two coordinates, I,J, not "${values.axes!}".`);
  return { kind: 'coordinates', axes: [i, j] };
}

/** A place in the plane. */
function placeOf(text: string): readonly [number, number] {
  const [u, v, ...rest] = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (u === undefined || v === undefined || rest.length > 0 || !Number.isFinite(u) || !Number.isFinite(v))
    throw new UsageError(`--pin needs a place in the plane, U,V, not "${text}".`);
  return [u, v];
}

function rangeOf(text: string): readonly [MapRange, MapRange] {
  const ranges = text
    .split(',')
    .map((part) => part.split(':').map((end) => (end.trim() === '' ? Number.NaN : Number(end))));
  const [across, up, ...rest] = ranges;
  const isRange = (ends: readonly number[] | undefined): ends is [number, number] =>
    ends?.length === 2 && ends.every(Number.isFinite) && ends[0]! < ends[1]!;
  if (!isRange(across) || !isRange(up) || rest.length > 0)
    throw new UsageError(`--range needs A:B,C:D with A below B and C below D, not "${text}".`);
  return [across, up];
}

function gridOf(text: string): MapRequest['grid'] {
  const [, rows, columns] = /^(\d+)x(\d+)$/i.exec(text.trim()) ?? [];
  if (rows === undefined || columns === undefined)
    throw new UsageError(`--grid needs rows and columns, RxC as in 50x50, not "${text}".`);
  return { rows: Number(rows), columns: Number(columns) };
}

function wholeOf(option: string, text: string): number {
  if (!/^\s*\d+\s*$/.test(text)) throw new UsageError(`${option} needs whole numbers, not "${text}".`);
  return Number(text);
}

function oneOf<T extends string>(option: string, allowed: readonly T[], text: string): T {
  const found = allowed.find((name) => name === text);
  if (found !== undefined) return found;
  throw new UsageError(`${option} must be ${allowed.join(' or ')}, not "${text}".`);
}
