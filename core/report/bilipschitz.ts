import type { Norm, Rigor, Witness } from '../bound.ts';
import { digits } from './digits.ts';
import { regionWords } from './region-words.ts';

/** How far a network keeps points apart: |f(x) - f(y)| >= m |x - y| for all x and y of the region, m between the two ends. */
export interface BilipschitzReport {
  readonly format: 'lipschitz-bilipschitz';
  readonly version: 1;
  readonly model: string;
  readonly norm: Norm;
  readonly region: string;
  readonly seconds: number;
  readonly lower: {
    readonly value: number;
    /** composition: rules along the graph; activation-regions: all regions of a network that was proved to be one to one and onto. */
    readonly method: 'composition' | 'activation-regions';
    readonly rigor: 'certified';
    /** Where nothing was left, and why. */
    readonly lostAt?: { readonly node: string; readonly op: string; readonly reason: string };
  };
  /** Absent where ONNX Runtime does not run the network. */
  readonly upper?: NearestImages;
  /** Of a small piecewise-linear network, in l2; numerical, also where the lower end is the proved form of it. */
  readonly regions?: StretchOfRegions;
}

/** What all activation regions together say. */
export interface StretchOfRegions {
  readonly count: number;
  /** The least singular value of a region's Jacobian. */
  readonly least: number;
  /**
   * exactly: one to one and onto, so m is `least`. folds: some regions are turned over, some not. covers-twice: none is, and yet points share an image. collapses: a region is taken to fewer
   * dimensions. locally: m is at most `least`.
   */
  readonly verdict: 'exactly' | 'folds' | 'covers-twice' | 'collapses' | 'locally';
  /** m itself; null where the regions do not tell. */
  readonly value: number | null;
}

export interface NearestImages {
  readonly value: number;
  /** near-pairs: the two points; activation-regions: of the region that is shortened most; dimensions: fewer outputs than inputs. */
  readonly method: 'near-pairs' | 'dimensions' | 'activation-regions';
  readonly rigor: Rigor;
  readonly witness?: Witness;
}

const verdictWords: Readonly<Record<StretchOfRegions['verdict'], string>> = {
  exactly: 'it is one to one and onto',
  folds: 'some of them are turned over and some are not, so it folds space',
  'covers-twice': 'none is turned over, and yet two points share an image',
  collapses: 'one of them is taken to fewer dimensions',
  locally: 'the least stretch of one of them is no lower end for the whole',
};

/** Of the regions: "m = 0.6 (numerical), by all 37 activation regions: it is one to one and onto." */
export function regionsSentence({ count, least, verdict, value }: StretchOfRegions): string {
  const said = value === null ? `m ≤ ${digits(least, 'up')}` : `m = ${digits(value, 'nearest')}`;
  return `${said} (numerical), by all ${count} activation regions: ${verdictWords[verdict]}.`;
}

export const bilipschitzText = (report: BilipschitzReport): string =>
  [
    `${report.model}, ${report.norm}, ${report.region === 'all' ? 'everywhere' : report.region}`,
    `  keeps points apart by at least m times their distance, m in ${endsOf(report)}`,
    ...remarks(report).map((remark) => `  ${remark}`),
  ].join('\n');

/** For panel and report, whose model stands elsewhere. */
export const bilipschitzSentences = (report: BilipschitzReport): readonly string[] => [
  `Points are kept apart by at least m times their distance in ${report.norm}, ${regionWords(report.region)}: m is in ${endsOf(report)}.`,
  ...remarks(report),
];

const endsOf = ({ lower, upper }: BilipschitzReport): string =>
  `${digits(lower.value, 'down')} … ${upper === undefined ? 'unknown' : digits(upper.value, 'up')}`;

const remarks = ({ lower, upper, regions }: BilipschitzReport): readonly string[] => [
  ...(lower.lostAt === undefined
    ? []
    : [`The lower end is 0 from ${lower.lostAt.op} "${lower.lostAt.node}" on: ${lower.lostAt.reason}.`]),
  ...(lower.method === 'activation-regions'
    ? ['The lower end is certified: the network was proved to be one to one and onto, region by region.']
    : []),
  ...(regions === undefined ? [] : [regionsSentence(regions)]),
  ...(upper === undefined ? ['ONNX Runtime does not run this network, so no pair of points was looked for.'] : []),
  ...(upper?.method === 'dimensions'
    ? ['With fewer outputs than inputs no continuous map keeps all points apart.']
    : []),
  ...(upper !== undefined && upper.rigor !== 'certified' ? [`The upper end is ${upper.rigor}, not proved.`] : []),
];
