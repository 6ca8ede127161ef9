import type { Rigor, Witness } from '../bound.ts';
import { digits } from './digits.ts';

/** How far a network keeps points apart: |f(x) - f(y)| >= m |x - y| for all x and y of the region, m between the two ends. */
export interface BilipschitzReport {
  readonly format: 'lipschitz-bilipschitz';
  readonly version: 1;
  readonly model: string;
  readonly norm: 'l2';
  readonly region: string;
  readonly seconds: number;
  readonly lower: {
    readonly value: number;
    readonly method: 'composition';
    readonly rigor: 'certified';
    /** Where nothing was left, and why. */
    readonly lostAt?: { readonly node: string; readonly op: string; readonly reason: string };
  };
  /** Absent where ONNX Runtime does not run the network. */
  readonly upper?: NearestImages;
}

export interface NearestImages {
  readonly value: number;
  /** near-pairs: the two points; dimensions: fewer outputs than inputs. */
  readonly method: 'near-pairs' | 'dimensions';
  readonly rigor: Rigor;
  readonly witness?: Witness;
}

export function bilipschitzText({ model, region, lower, upper }: BilipschitzReport): string {
  const ends = `${digits(lower.value, 'down')} … ${upper === undefined ? 'unknown' : digits(upper.value, 'up')}`;
  return [
    `${model}, l2, ${region === 'all' ? 'everywhere' : region}`,
    `  keeps points apart by at least m times their distance, m in ${ends}`,
    ...(lower.lostAt === undefined
      ? []
      : [`  The lower end is 0 from ${lower.lostAt.op} "${lower.lostAt.node}" on: ${lower.lostAt.reason}.`]),
    ...(upper === undefined ? ['  ONNX Runtime does not run this network, so no pair of points was looked for.'] : []),
    ...(upper?.method === 'dimensions'
      ? ['  With fewer outputs than inputs no continuous map keeps all points apart.']
      : []),
    ...(upper !== undefined && upper.rigor !== 'certified' ? [`  The upper end is ${upper.rigor}, not proved.`] : []),
  ].join('\n');
}
