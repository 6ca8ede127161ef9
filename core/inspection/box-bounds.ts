import type { Norm } from '../bound.ts';
import { OutOfTime } from '../compute/linear-algebra/pace.ts';
import type { Work } from '../compute/work.ts';
import { compose } from '../estimators/composition/product.ts';
import { centredExpansion, pathsOf } from '../estimators/absolute-values/method.ts';
import { largestChange, largestTotal } from '../estimators/absolute-values/by-columns.ts';
import { expandedBound, isTrusted } from '../estimators/absolute-values/value.ts';
import { centreFormByRows } from '../estimators/centre-form/by-rows.ts';
import { boundOfPart } from '../estimators/region-splitting/part-bounds.ts';
import { operatorNorm } from '../estimators/norms/operator-norm.ts';
import { encloseNetwork } from '../estimators/ranges/enclose-network.ts';
import type { CellBox } from '../estimators/maps/cell-grid.ts';
import type { PartBound, PartBounds } from '../estimators/maps/split-cells.ts';
import type { MapPlane } from '../report/map.ts';
import { above, below } from '../rounding.ts';
import type { PreparedNetwork } from '../passes/prepare.ts';
import { AffineMaps } from './affine-maps.ts';
import { analyse, withRanges, type AnalysedNode } from './layers.ts';

export interface Box {
  readonly lower: Float64Array;
  readonly upper: Float64Array;
}

/** The bounds of boxes around parts of a plane. */
export class BoxesAroundParts implements PartBounds {
  readonly found = 'bounds on boxes';
  readonly #bounds: BoxBounds;
  readonly #plane: MapPlane;

  constructor(bounds: BoxBounds, plane: MapPlane) {
    this.#bounds = bounds;
    this.#plane = plane;
  }

  async of(part: CellBox, work: Work): Promise<PartBound> {
    return { upper: await this.#bounds.of(boxAround(this.#plane, part), work) };
  }
}

/**
 * The box in input space around a part of the plane, and a hair's breadth more in every coordinate: a kink that lies in the plane itself
 * counts for the full input.
 */
function boxAround({ origin, first, second }: MapPlane, { left, right, low, high }: CellBox): Box {
  const [lower, upper] = [new Float64Array(origin.length), new Float64Array(origin.length)];
  for (let i = 0; i < origin.length; i++) {
    const [p, q] = [first[i]!, second[i]!];
    const across = [left * p, right * p] as const;
    const along = [low * q, high * q] as const;
    const hair = 2 ** -40 * (Math.abs(origin[i]!) + Math.abs(across[0]) + Math.abs(across[1]) + Math.abs(along[0]) + Math.abs(along[1])) + 2 ** -60; // prettier-ignore
    lower[i] = below(origin[i]! + Math.min(...across) + Math.min(...along) - hair);
    upper[i] = above(origin[i]! + Math.max(...across) + Math.max(...along) + hair);
  }
  return { lower, upper };
}

/** Multiplications of one pass: up to here a box is worth ranges by relaxation and an expansion of its own, some 50 ms. */
const mostRelaxed = 3e5;

/** Certified bounds of a network's constant on one small box after the other; what does not depend on the box is computed once. */
export class BoxBounds {
  readonly #prepared: PreparedNetwork;
  readonly #norm: Norm;
  readonly #nodes: readonly AnalysedNode[];
  /** Upper ends of the norms of affine layers, by id. */
  readonly #affine: ReadonlyMap<string, number>;
  #everywhere: Promise<number> | undefined;

  constructor(
    prepared: PreparedNetwork,
    norm: Norm,
    nodes: readonly AnalysedNode[],
    affine: ReadonlyMap<string, number>,
  ) {
    // prettier-ignore
    this.#prepared = prepared;
    this.#norm = norm;
    this.#nodes = nodes;
    this.#affine = affine;
  }

  /**
   * The least of the product of layers, of all paths, and of the expansion around the middle slopes, of small networks also of what is known of regions, and never more than
   * on the whole space; Infinity where none is finite.
   */
  async of(box: Box, work: Work): Promise<number> {
    const { analysed, input } = this.#prepared;
    const boxes = await encloseNetwork(analysed, { shape: analysed.types.get(input)!.shape, ...box }, work, 'all');
    const least = await this.#least(withRanges(analysed, this.#nodes, boxes), work);
    return Math.min(least, await this.#asRegion(box, work), await this.everywhere(work));
  }

  async #asRegion(box: Box, work: Work): Promise<number> {
    const products = this.#nodes.reduce((sum, node) => sum + node.products, 0);
    if (products > mostRelaxed || work.remainingSeconds() <= 0) return Number.POSITIVE_INFINITY;
    const question = {
      ...this.#prepared,
      norm: this.#norm,
      region: { kind: 'box', ...box },
      nodes: this.#nodes,
    } as const;
    try {
      return (await boundOfPart(question, box, centreFormByRows, work)).value;
    } catch (error) {
      if (!(error instanceof OutOfTime)) throw error;
      return Number.POSITIVE_INFINITY;
    }
  }

  /** On the whole space. */
  everywhere(work: Work): Promise<number> {
    return (this.#everywhere ??= this.#least(this.#nodes, work));
  }

  async #least(nodes: readonly AnalysedNode[], work: Work): Promise<number> {
    const { analysed, input, output } = this.#prepared;
    const rules = new Map(nodes.map(({ node, rule }) => [node.id, rule]));
    const closed = new Map(nodes.map(({ node, closed: norms }) => [node.id, norms[this.#norm]?.upper]));
    const { upper } = compose(
      analysed,
      output,
      this.#norm,
      rules,
      (id) => closed.get(id) ?? this.#affine.get(id) ?? Number.POSITIVE_INFINITY,
    );
    // What no rule bounds has no paths to add up either.
    if (!('value' in upper)) return Number.POSITIVE_INFINITY;
    const part = { analysed, input, output, rules };
    let least = upper.value;
    const consider = (value: number | undefined): void => {
      if (value !== undefined && isTrusted(value)) least = Math.min(least, value);
    };
    if (this.#norm !== 'l2') consider(await pathsOf(part, this.#norm, work));
    const expansion = centredExpansion(part, this.#norm);
    if (expansion !== undefined)
      consider(await expandedBound(expansion, { largestChange, largestTotal }, this.#norm, work));
    return least;
  }
}

export async function openBoxBounds(prepared: PreparedNetwork, norm: Norm, work: Work): Promise<BoxBounds> {
  const nodes = analyse(prepared.analysed, undefined);
  const maps = new AffineMaps(prepared.analysed);
  const affine = new Map<string, number>();
  for (const { node, rule, closed } of nodes) {
    const map = rule.kind === 'affine' && closed[norm] === undefined ? maps.of(node) : undefined;
    if (map === undefined) continue;
    for await (const { upper, rigor } of operatorNorm(map, norm, work))
      if (rigor === 'certified') affine.set(node.id, Math.min(upper, affine.get(node.id) ?? Number.POSITIVE_INFINITY));
  }
  return new BoxBounds(prepared, norm, nodes, affine);
}
