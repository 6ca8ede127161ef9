import { basename } from 'node:path';
import type { Region } from '../region.ts';
import { above, below } from '../rounding.ts';
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
    const [low, high, ...more] = rest.split(',').map(Number);
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
    lower: center.map((value) => below(value - radius)),
    upper: center.map((value) => above(value + radius)),
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
  return { center: readPoint(text.slice(0, at), size), radius };
}

/** As it may stand in a report: the path of a point's file is nobody's business. */
export const regionForReport = (text: string): string =>
  text.replace(
    /(^|:)([^:]*[\\/][^:]*\.npy)/,
    (_, before: string, path: string) => `${before}${basename(path.replaceAll('\\', '/'))}`,
  );
