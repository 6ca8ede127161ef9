import type { Network, Node } from '../../network/network.ts';
import { nodeOf } from '../../network/new-node.ts';
import { tensorOfNumbers, type Tensor } from '../../network/tensor.ts';
import type { Recognised } from '../pattern.ts';
import { product, quotient, sum, valueOf, type Lines } from './lines.ts';

/** Lines that meet, written with activations by the first way in which all numbers are ones that the tensor's type holds. */
export function written(
  last: Node,
  x: string,
  lines: Lines,
  network: Network,
): Omit<Recognised, 'last' | 'inner'> | undefined {
  for (const way of [bentOnce, levelOutside, bySizes, byHalves]) {
    const writing = new Writing(last, network, x);
    way(writing, lines);
    if (writing.isExact) return writing.finished();
  }
  return undefined;
}

/** right PRelu(x - c) + f(c), its slope left / right; or from the other side. */
function bentOnce(writing: Writing, { ends, pieces, at }: Lines): void {
  if (ends.length !== 1) {
    writing.giveUp();
    return;
  }
  const [left, right] = [pieces[0]!.slope, pieces[1]!.slope];
  const rising = right === 0 ? Number.NaN : quotient(left, right);
  const falling = left === 0 ? Number.NaN : quotient(right, left);
  const forth = writing.isHeld(rising);
  const slope = forth ? rising : falling;
  const from = forth ? writing.minus(ends[0]!) : writing.from(ends[0]!);
  const bent = slope === 0 ? writing.named('Relu', from) : writing.named('PRelu', from, writing.number(slope));
  writing.plus(writing.times(bent, forth ? right : -left), at[0]!);
}

/** A slope between two level pieces: a Clip. */
function levelOutside(writing: Writing, { ends, pieces }: Lines): void {
  if (ends.length !== 2 || pieces[0]!.slope !== 0 || pieces[2]!.slope !== 0) {
    writing.giveUp();
    return;
  }
  const clipped = writing.named('Clip', writing.x, writing.number(ends[0]!), writing.number(ends[1]!));
  writing.plus(writing.times(clipped, pieces[1]!.slope), pieces[1]!.offset);
}

/** m x + h |x - c| + ... + k, m the mean of the outer slopes and h half of what the slope gains at c: of one end, |m| + |h| is the steeper side. */
function bySizes(writing: Writing, { ends, pieces, at }: Lines): void {
  const mean = sum(pieces[0]!.slope, pieces.at(-1)!.slope) / 2;
  const gains = ends.map((_, i) => sum(pieces[i + 1]!.slope, -pieces[i]!.slope) / 2);
  const terms = ends.map((end, i) => writing.times(writing.node('Abs', writing.minus(end)), gains[i]!));
  if (mean !== 0) terms.push(writing.times(writing.x, mean));
  const atFirstEnd = ends.reduce(
    (total, end, i) => sum(total, product(gains[i]!, Math.abs(sum(ends[0]!, -end)))),
    valueOf({ slope: mean, offset: 0 }, ends[0]!),
  );
  const whole = terms.reduce((total, term) => writing.node('Add', total, term));
  writing.plus(whole, sum(at[0]!, -atFirstEnd));
}

/** right relu(x - c) - left relu(c - x) + f(c): with the slopes as they are. */
function byHalves(writing: Writing, { ends, pieces, at }: Lines): void {
  if (ends.length !== 1) {
    writing.giveUp();
    return;
  }
  const above = writing.times(writing.node('Relu', writing.minus(ends[0]!)), pieces[1]!.slope);
  const below = writing.times(writing.node('Relu', writing.from(ends[0]!)), pieces[0]!.slope);
  writing.plus(writing.node('Sub', above, below), at[0]!);
}

/** Nodes and constants in the making. */
class Writing {
  /** Whether every number so far is one that the type of the tensor holds. */
  isExact = true;
  readonly x: string;
  readonly #last: Node;
  readonly #network: Network;
  readonly #nodes: Node[] = [];
  readonly #constants: [string, Tensor][] = [];
  /** The node that takes the name of the last one of what was written out. */
  #named: Node | undefined;

  constructor(last: Node, network: Network, x: string) {
    this.#last = last;
    this.#network = network;
    this.x = x;
  }

  giveUp(): void {
    this.isExact = false;
  }

  finished(): Omit<Recognised, 'last' | 'inner'> {
    const { id, outputs, origin } = this.#last;
    const last = this.#nodes.at(-1)!;
    const named = this.#named ?? last;
    const place = this.#nodes.indexOf(named);
    const nodes = this.#nodes.map((node) => ({
      ...node,
      origin,
      ...(node === named ? { id } : {}),
      ...(node === last ? { outputs: [outputs[0]!] } : {}),
    }));
    const type = this.#network.types.get(this.x)!;
    return {
      before: nodes.slice(0, place),
      as: nodes[place]!,
      behind: nodes.slice(place + 1),
      types: this.#nodes.slice(0, -1).map((node) => [node.outputs[0]!, type]),
      constants: this.#constants,
    };
  }

  node(op: string, ...inputs: readonly string[]): string {
    const id = `${this.#last.id}/${op}_${this.#nodes.length}`;
    this.#nodes.push(nodeOf(op, id, inputs, [`${id}:0`], {}));
    return `${id}:0`;
  }

  named(op: string, ...inputs: readonly string[]): string {
    const name = this.node(op, ...inputs);
    this.#named = this.#nodes.at(-1)!;
    return name;
  }

  minus(end: number): string {
    return end === 0 ? this.x : this.node('Sub', this.x, this.number(end));
  }

  from(end: number): string {
    return end === 0 ? this.node('Neg', this.x) : this.node('Sub', this.number(end), this.x);
  }

  times(name: string, factor: number): string {
    if (factor === 1) return name;
    return factor === -1 ? this.node('Neg', name) : this.node('Mul', name, this.number(factor));
  }

  plus(name: string, offset: number): string {
    return offset === 0 ? name : this.node('Add', name, this.number(offset));
  }

  number(value: number): string {
    this.isExact &&= this.isHeld(value);
    const name = `${this.#last.id}/constant_${this.#constants.length}`;
    this.#constants.push([name, tensorOfNumbers(name, [], [value], this.#isDouble() ? 'float64' : 'float32')]);
    return name;
  }

  isHeld(value: number): boolean {
    return Number.isFinite(value) && (this.#isDouble() || Math.fround(value) === value);
  }

  #isDouble(): boolean {
    return this.#network.types.get(this.x)?.type === 'float64';
  }
}
