import type { Network, Node } from '../../../network/network.ts';
import { elementCount, isFloating, numbersOf } from '../../../network/tensor.ts';
import type { ActivationFunction } from '../../../operators/activation-function.ts';
import { functionOf } from '../../../operators/activations.ts';
import { broadcastSource } from '../../../operators/broadcast.ts';
import type { Offset } from '../../../operators/definition.ts';
import { factsOf, required, requiredOutput } from '../../../operators/facts.ts';
import type { LinearMap } from '../../../operators/linear-map.ts';
import { ruleOf } from '../../../operators/rule-of.ts';
import { bentModels } from './bent-models.ts';
import { addProduct, constantModels, emptyModels, mappedModels, summedModels, type LinearModels } from './linear-models.ts'; // prettier-ignore

/** A tensor and its derivatives along some directions of the input, over a part of a plane. */
export interface Tangents {
  readonly values: LinearModels;
  readonly directions: readonly LinearModels[];
}

type Known = ReadonlyMap<string, Tangents>;
interface Step {
  readonly output: string;
  compute(known: Known): Tangents;
}

/** The network as steps that carry linear models and tangents forward; undefined where an operator has no such step. */
export class TangentNetwork {
  readonly #steps: readonly Step[];
  readonly #input: string;
  readonly #output: string;

  private constructor(steps: readonly Step[], input: string, output: string) {
    this.#steps = steps;
    this.#input = input;
    this.#output = output;
  }

  static of(network: Network, input: string, output: string): TangentNetwork | undefined {
    const carried = new Set([input]);
    const steps: Step[] = [];
    for (const node of network.nodes) {
      if (carried.has(output)) break;
      if (!node.inputs.some((name) => carried.has(name))) continue;
      const step = stepOf(network, node, carried);
      if (step === undefined) return undefined;
      steps.push(step);
      carried.add(step.output);
    }
    return carried.has(output) ? new TangentNetwork(steps, input, output) : undefined;
  }

  run(start: Tangents): Tangents {
    const known = new Map([[this.#input, start]]);
    for (const step of this.#steps) known.set(step.output, step.compute(known));
    return known.get(this.#output)!;
  }
}

function stepOf(network: Network, node: Node, carried: ReadonlySet<string>): Step | undefined {
  if ([...node.attributes.values()].some(({ kind }) => kind === 'opaque')) return undefined;
  const [output, ...others] = node.outputs;
  if (output === undefined || others.some((name) => name !== '')) return undefined;
  const facts = factsOf(network, node);
  const rule = ruleOf(network, node);
  const from = node.inputs.filter((name) => carried.has(name));
  if (rule.kind === 'affine' && from.length === 1) return affineStep(output, from[0]!, rule.map, rule.offset?.());
  if (rule.kind === 'elementwise' && from.length === 1 && node.inputs[rule.input] === from[0]) {
    const f = functionOf(facts);
    const sameSize = elementCount(requiredOutput(facts).shape) === elementCount(required(facts, rule.input).shape);
    return f === undefined || f.domain !== undefined || !sameSize ? undefined : bentStep(output, from[0]!, f);
  }
  const { shape } = requiredOutput(facts);
  const count = elementCount(shape);
  const inputs = node.inputs.map((name, index) => {
    const places = broadcastSource(required(facts, index).shape, shape);
    if (carried.has(name)) return { name, places };
    const tensor = facts.constant(index);
    const exact = tensor !== undefined && isFloating(tensor.type) && tensor.relativeError === undefined && tensor.absoluteError === undefined; // prettier-ignore
    return exact ? { values: numbersOf(tensor), places } : undefined;
  });
  if (!inputs.every((given) => given !== undefined)) return undefined;
  if (node.op === 'Add' || node.op === 'Sum' || node.op === 'Sub') {
    const signs = inputs.map((_, k) => (node.op === 'Sub' && k > 0 ? -1 : 1));
    return sumStep(output, count, inputs, signs);
  }
  if (node.op === 'Mul' && inputs.length === 2) return productStep(output, count, inputs[0]!, inputs[1]!);
  return undefined;
}

type Given =
  | { readonly name: string; readonly places: Int32Array }
  | { readonly values: Float64Array; readonly places: Int32Array };

function affineStep(output: string, input: string, map: LinearMap, offset: Offset | undefined): Step {
  const magnitude = map.magnitude();
  return {
    output,
    compute(known) {
      const { values, directions } = known.get(input)!;
      return {
        values: mappedModels(map, magnitude, values, offset),
        directions: directions.map((direction) => mappedModels(map, magnitude, direction, undefined)),
      };
    },
  };
}

const bentStep = (output: string, input: string, f: ActivationFunction): Step => ({
  output,
  compute(known) {
    const { values: x, directions } = known.get(input)!;
    const { values, slopes } = bentModels(f, x);
    return {
      values,
      directions: directions.map((direction) => {
        const bent = emptyModels(x.c.length);
        for (let i = 0; i < x.c.length; i++) addProduct(bent, i, slopes, i, direction, i);
        return bent;
      }),
    };
  },
});

const sumStep = (output: string, count: number, inputs: readonly Given[], signs: readonly number[]): Step => ({
  output,
  compute(known) {
    const carried = inputs.flatMap((given, k) => ('name' in given ? [{ given, sign: signs[k]! }] : []));
    const directions = known.get(carried[0]!.given.name)!.directions;
    return {
      values: summedModels(count, inputs.map((given, k) => ({ models: valuesOf(given, known), sign: signs[k]!, places: given.places }))), // prettier-ignore
      directions: directions.map(
        (_, d) =>
        summedModels(count, carried.map(({ given, sign }) => ({ models: known.get(given.name)!.directions[d]!, sign, places: given.places }))), // prettier-ignore
      ),
    };
  },
});

/** (x y)' = x' y + x y'. */
const productStep = (output: string, count: number, first: Given, second: Given): Step => ({
  output,
  compute(known) {
    const [x, y] = [valuesOf(first, known), valuesOf(second, known)];
    const values = emptyModels(count);
    for (let i = 0; i < count; i++) addProduct(values, i, x, first.places[i]!, y, second.places[i]!);
    const of = (given: Given) => ('name' in given ? known.get(given.name)!.directions : undefined);
    const [dx, dy] = [of(first), of(second)];
    const directions = (dx ?? dy)!.map((_, d) => {
      const sum = emptyModels(count);
      for (let i = 0; i < count; i++) {
        if (dx !== undefined) addProduct(sum, i, dx[d]!, first.places[i]!, y, second.places[i]!);
        if (dy !== undefined) addProduct(sum, i, x, first.places[i]!, dy[d]!, second.places[i]!);
      }
      return sum;
    });
    return { values, directions };
  },
});

const valuesOf = (given: Given, known: Known): LinearModels =>
  'name' in given ? known.get(given.name)!.values : constantModels(given.values);
