import { basename } from 'node:path';
import type { Region } from '../region.ts';
import { up } from '../rounding.ts';
import { RequestError } from '../sentence.ts';
import { readPoint } from './points.ts';

const form = 'write all, box:LO,HI, box:POINT:RADIUS or ball:l1|l2|linf:POINT:RADIUS';

/** REGION of the command line. */
export function readRegion(text: string, size: number): Region {
  if (text === 'all') return { kind: 'all' };
  if (text.startsWith('ball:')) return readBall(text, size);
  if (!text.startsWith('box:')) throw new RequestError(`"${text}" is not a region: ${form}.`);
  const rest = text.slice('box:'.length);
  if (!rest.includes(':')) {
    const [low, high, ...more] = rest.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
    if (
      low === undefined ||
      high === undefined ||
      more.length > 0 ||
      !(low <= high) ||
      !Number.isFinite(low) ||
      !Number.isFinite(high)
    )
      throw new RequestError(`"${text}" is not a box: write box:LO,HI with LO at most HI.`);
    return { kind: 'box', lower: new Float64Array(size).fill(low), upper: new Float64Array(size).fill(high) };
  }
  const { center, radius } = readCenter(rest, size, text);
  return {
    kind: 'box',
    lower: center.map((value) => 0 - sumAbove(-value, radius)),
    upper: center.map((value) => sumAbove(value, radius)),
  };
}

function readBall(text: string, size: number): Region {
  const [, norm, ...rest] = text.split(':');
  if (norm !== 'l1' && norm !== 'l2' && norm !== 'linf') throw new RequestError(`"${text}" is not a region: ${form}.`);
  return { kind: 'ball', norm, ...readCenter(rest.join(':'), size, text) };
}

/** The radius follows the last colon: the path of a .npy file may hold colons itself. */
function readCenter(text: string, size: number, whole: string): { center: Float64Array; radius: number } {
  const at = text.lastIndexOf(':');
  const radius = Number(text.slice(at + 1));
  if (at < 1 || text.slice(at + 1).trim() === '' || !Number.isFinite(radius) || radius < 0)
    throw new RequestError(`"${whole}" has no radius: ${form}.`);
  const center = readPoint(text.slice(0, at), size);
  if (!center.every((value) => Number.isFinite(Math.abs(value) + radius)))
    throw new RequestError(`"${whole}" reaches further than any double.`);
  return { center, radius };
}

/** a + b where that is a double, else the next one above: a border such as 1 - 1 = 0 stays where it is. */
function sumAbove(a: number, b: number): number {
  const sum = a + b;
  const part = sum - a;
  // What rounding lost, exactly (Knuth).
  return a - (sum - part) + (b - part) > 0 ? up(sum) : sum;
}

/** As it may stand in a report: the path of a point's file is nobody's business. */
export const regionForReport = (text: string): string =>
  text.replace(
    /(^|:)([^:]*[\\/][^:]*\.npy)/,
    (_, before: string, path: string) => `${before}${basename(path.replaceAll('\\', '/'))}`,
  );
