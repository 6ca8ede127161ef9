import { text } from '../../network/network.ts';
import { scatterTargets } from '../scatter.ts';
import { inputOf, NoDerivative, type Derivative, type Direction, type Site } from './derivative.ts';

type Mode = 'none' | 'add' | 'mul' | 'max' | 'min';

/** The parts of a scatter that both directions need, by the node's own way of naming places. */
class Scattering {
  readonly site: Site;
  readonly mode: Mode;
  readonly data: string;
  readonly index: string;
  readonly updates: string;

  constructor(site: Site) {
    const { graph, node } = site;
    if (graph.directions > 1) throw new NoDerivative('it takes one direction at a time');
    this.site = site;
    this.mode = text(node, 'reduction', 'none') as Mode;
    [this.data, this.index, this.updates] = [inputOf(site, 0), inputOf(site, 1), inputOf(site, 2)];
    if (this.mode === 'add' || !site.active(2)) return;
    if (repeats(site)) throw new NoDerivative('several of its updates meet in one place');
  }

  /** Updates put into a tensor like the data. */
  into(base: string, updates: string, reduction: Mode): string {
    const { graph, node } = this.site;
    const attributes = {
      ...Object.fromEntries(node.attributes),
      reduction: { kind: 'string', value: reduction } as const,
    };
    const type = { type: graph.precision, shape: graph.shapeOf(this.data) };
    return graph.add(node.op, [base, this.index, updates], attributes, type);
  }

  /** What stands where the updates go. */
  from(value: string): string {
    const { graph, node } = this.site;
    const type = { type: graph.precision, shape: graph.shapeOf(this.updates) };
    if (node.op === 'ScatterND') return graph.add('GatherND', [value, this.index], {}, type);
    const { axis } = Object.fromEntries(node.attributes);
    return graph.add('GatherElements', [value, this.index], axis === undefined ? {} : { axis }, type);
  }

  zeros(like: string): string {
    return this.site.graph.zeros(this.site.graph.shapeOf(like));
  }

  /** What a direction of the data is multiplied by. */
  onData(direction: string): string {
    const { graph, node } = this.site;
    switch (this.mode) {
      case 'add':
        return direction;
      case 'none':
        return this.into(direction, this.zeros(this.updates), 'none');
      case 'mul':
        return this.into(direction, this.updates, 'mul');
      case 'max':
      case 'min':
        return graph.times(this.#stands(this.data, node.outputs[0]!), direction);
    }
  }

  /** What a direction of the updates is multiplied by. */
  onUpdates(direction: string): string {
    const { graph, node } = this.site;
    if (this.mode === 'none' || this.mode === 'add') return direction;
    if (this.mode === 'mul') return graph.times(this.from(this.data), direction);
    const lost = graph.minus(graph.number(1), this.from(this.#stands(this.data, node.outputs[0]!)));
    return graph.times(lost, direction);
  }

  #stands(a: string, b: string): string {
    const { graph } = this.site;
    return graph.asNumber(graph.add('Equal', [a, b]));
  }
}

/** Whether two updates go to one place. */
function repeats({ facts }: Site): boolean {
  const targets = scatterTargets(facts);
  return new Set(targets).size < targets.length;
}

/** ScatterElements and ScatterND: directions go the way of the values. */
export const scatterDerivative: Derivative = {
  jvp(site, [data, , updates]) {
    if (data === undefined && updates === undefined) return [undefined];
    const scattering = new Scattering(site);
    const kept = data === undefined ? scattering.zeros(scattering.data) : scattering.onData(data);
    if (updates === undefined) return [kept];
    // Where an update takes the place of the data, `kept` holds 0.
    return [scattering.into(kept, scattering.onUpdates(updates), 'add')];
  },
  vjp(site, [cotangent]) {
    if (cotangent === undefined) return [];
    const scattering = new Scattering(site);
    const onUpdates = (): Direction => scattering.onUpdates(scattering.from(cotangent));
    return [
      site.active(0) ? scattering.onData(cotangent) : undefined,
      undefined,
      site.active(2) ? onUpdates() : undefined,
    ];
  },
};
