import type { Norm } from '../bound.ts';
import { normWord } from './words.ts';

/**
 * Where a constant holds, as prose says it: "for every input between 0 and 1". The exact spelling (REGION of the command line) stands in
 * tooltips, tables and the settings of a report.
 */
export function regionWords(region: string): string {
  if (region === 'all') return 'everywhere';
  const words = boxBetween(region) ?? around(region);
  return words === undefined ? `on ${region}` : `for every input ${words}`;
}

function boxBetween(region: string): string | undefined {
  const [, low, high] = /^box:([^:,]+),([^:,]+)$/.exec(region) ?? [];
  if (low === undefined || high === undefined) return undefined;
  return Number(low) === Number(high) ? `equal to ${low.trim()}` : `between ${low.trim()} and ${high.trim()}`;
}

/** The radius follows the last colon: the path of a .npy file may hold colons itself. */
function around(region: string): string | undefined {
  const [, shape, point, radius] = /^(box|ball:(?:l1|l2|linf)):(.+):([^:]+)$/.exec(region) ?? [];
  if (shape === undefined || point === undefined || radius === undefined) return undefined;
  const measured =
    shape === 'box' ? 'in each coordinate' : `measured in ${normWord[shape.slice('ball:'.length) as Norm]}`;
  return `within ${radius.trim()} of ${pointWords(point)}, ${measured}`;
}

/** More numbers than this are not read as a point any more. */
const mostNumbers = 4;

function pointWords(point: string): string {
  if (point === 'zeros') return 'zero';
  if (point.endsWith('.npy')) return point;
  const numbers = point.split(',').map((number) => number.trim());
  if (numbers.length === 1) return `${numbers[0]} everywhere`;
  return numbers.length <= mostNumbers
    ? `(${numbers.join(', ')})`
    : `(${numbers.slice(0, mostNumbers - 1).join(', ')}, … ${numbers.length} numbers)`;
}
