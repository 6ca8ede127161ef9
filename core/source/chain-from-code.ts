import type { Chain, ChainFunction, ChainLayer, ChainStep } from '../network/layer-chain.ts';
import { fitsAlong } from '../report/layer-chain.ts';
import type { CallStep } from './call-order.ts';
import { afterLoop, anyIndex, type LayerDefinition } from './definition.ts';
import type { Member, Owner } from './find-definitions.ts';
import type { Link } from './link-layers.ts';
import { fits } from './module-path.ts';

/** Functions and classes of code as the steps of a chain, where their settings are the usual ones. */
const functions: Readonly<Record<string, ChainFunction>> = {
  relu: 'Relu',
  relu_: 'Relu',
  ReLU: 'Relu',
  tanh: 'Tanh',
  tanh_: 'Tanh',
  Tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  Sigmoid: 'Sigmoid',
  elu: 'Elu',
  ELU: 'Elu',
  gelu: 'Gelu',
  GELU: 'Gelu',
  softplus: 'Softplus',
  Softplus: 'Softplus',
  softmax: 'Softmax',
  Softmax: 'Softmax',
};

const pools: Readonly<Record<string, 'max' | 'average'>> = {
  max_pool2d: 'max',
  MaxPool2d: 'max',
  avg_pool2d: 'average',
  AvgPool2d: 'average',
};

/** What leaves its input as it is when a network is used. */
const passing = /^(?:Identity|\w*Dropout\w*)$/u;

/** Sizes of square images that are tried. */
const largestImage = 512;

/**
 * A guess from source code: the layers of the file in the order in which the class that defines them calls them, with the functions that it
 * calls between. What a chain cannot hold is named in the basis. undefined where the code puts no two of the layers into an order.
 */
export function chainFromCode(
  owners: readonly Owner[],
  links: readonly Link[],
  layers: readonly ChainLayer[],
  file: string,
): Chain | undefined {
  const best = owners
    .map((owner) => ({ owner, reading: new Reading(owners, links, layers).of(owner) }))
    .reduce<{ owner: Owner; reading: ReadSteps } | undefined>(
      (known, candidate) =>
        known === undefined || count(candidate.reading) > count(known.reading) ? candidate : known,
      undefined,
    );
  if (best === undefined || count(best.reading) < 2) return undefined;
  const { steps, beside } = best.reading;
  const used = new Set(steps.flatMap((step) => ('layer' in step ? [step.layer] : [])));
  const unused = layers.filter(({ id }) => !used.has(id)).length;
  const verb = best.owner.order === undefined ? 'defines' : 'calls';
  const whose = best.owner.name === '' ? 'the code' : best.owner.name;
  return {
    basis: [
      `a guess from ${file}, in the order in which ${whose} ${verb} its layers`,
      ...(beside.size === 0 ? [] : [`which also has ${[...beside].join(', ')} that a chain cannot hold`]),
      ...(unused === 0 ? [] : [`${unused} ${unused === 1 ? 'layer' : 'layers'} of the file not among them`]),
    ].join('; '),
    input: inputOf(steps, layers),
    steps,
  };
}

interface ReadSteps {
  readonly steps: readonly ChainStep[];
  readonly beside: ReadonlySet<string>;
}

const count = ({ steps }: ReadSteps): number => steps.filter((step) => 'layer' in step).length;

/** Where a class stands in the model: "" for the network, "layer1.0" for a block of it. */
type Place = readonly string[];

class Reading {
  readonly #owners: ReadonlyMap<string, Owner>;
  readonly #links: readonly Link[];
  readonly #layers: ReadonlyMap<string, ChainLayer>;
  readonly #steps: ChainStep[] = [];
  readonly #beside = new Set<string>();

  constructor(owners: readonly Owner[], links: readonly Link[], layers: readonly ChainLayer[]) {
    this.#owners = new Map(owners.map((owner) => [owner.name, owner]));
    this.#links = links;
    this.#layers = new Map(layers.map((layer) => [layer.id, layer]));
  }

  of(owner: Owner): ReadSteps {
    this.#owner(owner, [], 0);
    return { steps: this.#steps, beside: this.#beside };
  }

  #owner(owner: Owner, place: Place, depth: number): void {
    // A class that holds itself is followed no further than a model is deep.
    if (depth > 8) return;
    if (owner.order === undefined) this.#members(owner.members, place, depth);
    else this.#run(owner.order, owner, place, [], depth);
  }

  #run(order: readonly CallStep[], owner: Owner, place: Place, variable: Place, depth: number): void {
    for (const step of order) {
      switch (step.kind) {
        case 'flatten':
          this.#steps.push({ flatten: true });
          break;
        case 'function':
          this.#function(step);
          break;
        case 'module': {
          const path = step.path.length === 0 ? variable : step.path;
          this.#members(membersAt(owner, path), place, depth, path);
          break;
        }
        case 'each':
          for (const index of this.#indicesIn(owner, step.path, place))
            this.#run(step.steps, owner, place, [...step.path, index], depth);
      }
    }
  }

  #function({ name, size }: Extract<CallStep, { kind: 'function' }>): void {
    const known = functions[name];
    const pool = pools[name];
    if (known !== undefined) this.#steps.push({ function: known });
    else if (pool !== undefined && size !== undefined) this.#steps.push({ pool, size });
    else if (name !== 'dropout') this.#beside.add(name);
  }

  /** What stands in a list or a Sequential, one after the other; entries made in a loop in the order of the model's own indices. */
  #members(members: readonly Member[], place: Place, depth: number, at: Place = []): void {
    const seen = new Set<string>();
    // The list's entry that is called, in the place of any of them.
    const called = (path: Place): Place => [...at, ...path.slice(at.length)];
    for (const [i, member] of members.entries()) {
      if (member.kind === 'reference') {
        const owner = this.#owners.get(member.className);
        if (owner === undefined) this.#beside.add(member.className);
        else for (const path of this.#placesOf(called(member.path), place)) this.#owner(owner, path, depth + 1);
        continue;
      }
      const { definition } = member;
      const path = called(definition.path);
      if (!path.some(isOpen)) {
        this.#definition(definition, this.#layersOf(definition, [...place, ...path]));
        continue;
      }
      // The loop's first entry stands for all of them.
      const key = definition.path.slice(0, -1).join('.');
      if (seen.has(key)) continue;
      seen.add(key);
      this.#looped(
        members
          .slice(i)
          .flatMap(asDefinition)
          .filter(({ path }) => path.slice(0, -1).join('.') === key),
        [...place, ...at],
      );
    }
  }

  #looped(definitions: readonly LayerDefinition[], within: Place): void {
    const links = this.#links
      .filter(({ definition, layer }) => definitions.includes(definition) && isWithin(pathOf(layer), within))
      .toSorted((a, b) => pathOf(a.layer).join('.').localeCompare(pathOf(b.layer).join('.'), 'en', { numeric: true }));
    for (const link of links) {
      this.#definition(link.definition, [link.layer.id]);
      // The functions that stand behind it in the loop, up to the next layer.
      const behind = definitions.slice(definitions.indexOf(link.definition) + 1);
      const next = behind.findIndex(({ family }) => hasWeights(family));
      for (const follower of next < 0 ? behind : behind.slice(0, next))
        if (follower.repeated === link.definition.repeated) this.#definition(follower, []);
    }
  }

  #definition(
    { family, layer: name, arguments: { stride, padding, groups, kernel } }: LayerDefinition,
    ids: readonly string[],
  ): void {
    const known = functions[name];
    const pool = pools[name];
    if (hasWeights(family)) {
      const chained = ids.filter((id) => this.#layers.has(id));
      if (chained.length === 0) this.#beside.add(name);
      const settings = this.#layers.get(chained[0] ?? '')?.kernel.length
        ? {
            ...(stride === undefined || stride === 1 ? {} : { stride }),
            ...(padding === undefined || padding === 0 ? {} : { padding }),
            ...(groups === null || groups === 1 ? {} : { groups }),
          }
        : {};
      for (const layer of chained) this.#steps.push({ layer, ...settings });
    } else if (known !== undefined) this.#steps.push({ function: known });
    else if (pool !== undefined && typeof kernel === 'number' && (stride ?? kernel) === kernel)
      this.#steps.push({ pool, size: kernel });
    else if (name === 'Flatten') this.#steps.push({ flatten: true });
    else if (!passing.test(name)) this.#beside.add(name);
  }

  #layersOf(definition: LayerDefinition, path: Place): readonly string[] {
    return this.#links
      .filter((link) => link.definition === definition && fits(path, pathOf(link.layer).slice(0, path.length)))
      .map(({ layer }) => layer.id);
  }

  /** The indices that the model has at a list, in their order. */
  #indicesIn(owner: Owner, path: Place, place: Place): readonly string[] {
    const at = [...place, ...path];
    const spelled = membersAt(owner, path).map((member) => pathOfMember(member)[path.length] ?? '');
    if (spelled.length > 0 && !spelled.some((index) => isOpen(index))) return [...new Set(spelled)];
    const found = this.#links
      .map(({ layer }) => pathOf(layer))
      .filter((segments) => segments.length > at.length && isWithin(segments, at))
      .map((segments) => segments[at.length]!);
    return [...new Set(found)].toSorted((a, b) => Number(a) - Number(b));
  }

  /** Where in the model an instance of a class stands; several where a loop made them. */
  #placesOf(path: Place, place: Place): readonly Place[] {
    const pattern = [...place, ...path];
    if (!pattern.some(isOpen)) return [pattern];
    const found = this.#links
      .map(({ layer }) => pathOf(layer).slice(0, pattern.length))
      .filter((segments) => segments.length === pattern.length && fits(pattern, segments))
      .map((segments) => segments.join('.'));
    return [...new Set(found)]
      .toSorted((a, b) => a.localeCompare(b, 'en', { numeric: true }))
      .map((text) => text.split('.'));
  }
}

const pathOf = ({ hints, name }: Link['layer']): Place => (hints?.stateName ?? name).split('.');
const pathOfMember = (member: Member): Place => (member.kind === 'layer' ? member.definition.path : member.path);
const isOpen = (segment: string): boolean => segment === anyIndex || segment.endsWith(afterLoop);
const isWithin = (segments: Place, above: Place): boolean => fits(above, segments.slice(0, above.length));
const hasWeights = (family: LayerDefinition['family']): boolean =>
  family === 'dense' || family === 'conv' || family === 'transposed-conv' || family === 'normalisation';
const asDefinition = (member: Member): readonly LayerDefinition[] =>
  member.kind === 'layer' ? [member.definition] : [];

/** What stands at a path or below it. */
const membersAt = ({ members }: Owner, path: Place): readonly Member[] =>
  members.filter((member) => {
    const own = pathOfMember(member);
    return own.length >= path.length && fits(own.slice(0, path.length), path);
  });

/** Sizes of the input: of square images the only side that fits all the way, where there is one. */
function inputOf(steps: readonly ChainStep[], layers: readonly ChainLayer[]): Chain['input'] {
  const first = steps.find((step) => 'layer' in step);
  const layer = layers.find(({ id }) => id === first?.layer);
  if (layer === undefined) return [];
  const channels = layer.taken * (layer.kind === 'conv' ? (first?.groups ?? 1) : 1);
  const open = layer.kernel.map(() => null);
  if (open.length === 0) return [channels];
  const sides: number[] = [];
  for (let side = 1; side <= largestImage && sides.length < 2; side++) {
    const input = [channels, ...open.map(() => side)];
    if (fitsAlong({ input, steps }, layers).every(({ kind }) => kind === 'fits')) sides.push(side);
  }
  return [channels, ...open.map(() => (sides.length === 1 ? sides[0]! : null))];
}
