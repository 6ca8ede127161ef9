import { attributeOf, decimal, integer, text } from '../../network/network.ts';
import type { ElementType } from '../../network/tensor.ts';
import { constantNumbers, required } from '../facts.ts';
import type { NodeFacts } from '../definition.ts';
import type { CompositeDefinition } from './composite.ts';
import type { Draft } from './draft.ts';
import { float, floatingType } from './draft.ts';

/** A recurrent layer longer than this makes more nodes than bounds of any use. */
const mostSteps = 2048;

/** What LSTM, GRU and RNN share: the sequence, the directions, and the state that goes from step to step. */
interface Layer {
  readonly type: ElementType;
  readonly steps: number;
  readonly batch: number;
  readonly hidden: number;
  readonly gates: number;
  readonly directions: readonly ('forward' | 'reverse')[];
  /** x as [steps * batch, inputs]. */
  readonly rows: string;
}

type Cell = (draft: Draft, layer: Layer, direction: number) => (step: Step) => Step;

interface Step {
  /** W x + Wb of this step, [batch, gates * hidden]. */
  readonly input: string;
  readonly hidden: string;
  /** Of an LSTM. */
  readonly memory: string;
}

function unrolled(gates: number, cellOf: (facts: NodeFacts) => Cell | string): CompositeDefinition['write'] {
  return (facts, draft) => {
    const cell = cellOf(facts);
    if (typeof cell === 'string') return cell;
    const { shape } = required(facts, 0);
    const batchFirst = integer(facts.node, 'layout', 0) === 1;
    const [steps, batch] = batchFirst ? [shape[1]!, shape[0]!] : [shape[0]!, shape[1]!];
    const inputs = shape[2]!;
    const [kernel, recurrence, bias] = [1, 2, 3].map((index) => constantNumbers(facts, index));
    if (kernel === undefined || recurrence === undefined || (bias === undefined && facts.input(3) !== undefined))
      return 'its weights depend on the input';
    const lengths = facts.input(4) === undefined ? undefined : constantNumbers(facts, 4);
    if (facts.input(4) !== undefined && (lengths === undefined || lengths.some((length) => length !== steps)))
      return 'its sequences have different lengths';
    if (steps > mostSteps) return `it goes ${steps} steps, more than can be unrolled`;
    const direction = text(facts.node, 'direction', 'forward');
    const directions: Layer['directions'] =
      direction === 'bidirectional' ? ['forward', 'reverse'] : [direction === 'reverse' ? 'reverse' : 'forward'];
    const hidden = required(facts, 2).shape[2]!;
    const type = floatingType(facts, 0);
    const ordered = batchFirst ? draft.transpose(facts.node.inputs[0]!, [1, 0, 2]) : facts.node.inputs[0]!;
    const rows = draft.reshape(ordered, [steps * batch, inputs]);
    const layer: Layer = { type, steps, batch, hidden, gates, directions, rows };

    const sequences: string[] = [];
    const lastHidden: string[] = [];
    const lastMemory: string[] = [];
    directions.forEach((way, d) => {
      const width = gates * hidden;
      const part = (numbers: Float64Array, size: number): Float64Array => numbers.subarray(d * size, (d + 1) * size);
      const biases = bias === undefined ? new Float64Array(2 * width) : part(bias, 2 * width);
      const weights = draft.numbers(type, [width, inputs], part(kernel, width * inputs));
      const all = draft.node('Gemm', [rows, weights, draft.numbers(type, [width], biases.subarray(0, width))], {
        transB: 1,
      });
      const start = (index: number): string => {
        const given = facts.node.inputs[index] ?? '';
        if (given === '') return draft.numbers(type, [batch, hidden], new Float64Array(batch * hidden));
        const axis = batchFirst ? 1 : 0;
        return draft.squeeze(draft.slice(given, axis, d, d + 1), [axis]);
      };
      const next = cell(draft, layer, d);
      let state: Step = { input: '', hidden: start(5), memory: facts.node.op === 'LSTM' ? start(6) : '' };
      const outputs = new Array<string>(steps);
      for (let k = 0; k < steps; k++) {
        const at = way === 'forward' ? k : steps - 1 - k;
        state = next({ ...state, input: draft.slice(all, 0, at * batch, (at + 1) * batch) });
        outputs[at] = state.hidden;
      }
      sequences.push(draft.reshape(draft.concat(outputs, 0), [steps, 1, batch, hidden]));
      lastHidden.push(draft.reshape(state.hidden, [1, batch, hidden]));
      if (state.memory !== '') lastMemory.push(draft.reshape(state.memory, [1, batch, hidden]));
    });
    const whole = draft.concat(sequences, 1);
    const last = (parts: readonly string[]): string => {
      if (parts.length === 0) return '';
      const joined = draft.concat(parts, 0);
      return batchFirst ? draft.transpose(joined, [1, 0, 2]) : joined;
    };
    return [batchFirst ? draft.transpose(whole, [2, 0, 1, 3]) : whole, last(lastHidden), last(lastMemory)];
  };
}

/** R h + Rb for some of the gates. */
function recurrent(
  facts: NodeFacts,
  draft: Draft,
  { type, hidden, gates }: Layer,
  d: number,
): (from: number, count: number) => (h: string) => string {
  const numbers = constantNumbers(facts, 2)!;
  const bias = constantNumbers(facts, 3);
  const width = gates * hidden;
  return (from, count) => {
    const start = (d * width + from * hidden) * hidden;
    const weights = draft.numbers(
      type,
      [count * hidden, hidden],
      numbers.subarray(start, start + count * hidden * hidden),
    );
    const offset = (2 * d + 1) * width + from * hidden;
    const biases = draft.numbers(
      type,
      [count * hidden],
      bias === undefined ? new Float64Array(count * hidden) : bias.subarray(offset, offset + count * hidden),
    );
    return (h) => draft.node('Gemm', [h, weights, biases], { transB: 1 });
  };
}

type Activation = (draft: Draft, x: string) => string;

/** The activations of every direction, by the names and parameters that the node gives. */
function activationsOf(
  { node }: NodeFacts,
  defaults: readonly string[],
): ((direction: number) => readonly Activation[]) | string {
  const given = attributeOf(node, 'activations', 'strings')?.value ?? [];
  const alphas = [...(attributeOf(node, 'activation_alpha', 'floats')?.value ?? [])];
  const betas = [...(attributeOf(node, 'activation_beta', 'floats')?.value ?? [])];
  const limit = decimal(node, 'clip', 0);
  const count = text(node, 'direction', 'forward') === 'bidirectional' ? 2 : 1;
  const names = Array.from({ length: count * defaults.length }, (_, k) => given[k] ?? defaults[k % defaults.length]!);
  const made = names.map((name): Activation | undefined => {
    const op = plain[name.toLowerCase()];
    if (op !== undefined) return (draft, x) => draft.node(op, [x]);
    const otherwise = withParameters[name.toLowerCase()];
    if (otherwise === undefined) return undefined;
    const alpha = alphas.shift() ?? otherwise.alpha;
    const beta = otherwise.beta === undefined ? 0 : (betas.shift() ?? otherwise.beta);
    return (draft, x) => otherwise.write(draft, x, alpha, beta);
  });
  if (made.includes(undefined)) return `its activations ${names.join(', ')} are not all understood`;
  const known = made.flatMap((activation) => activation ?? []);
  return (direction) =>
    known
      .slice(direction * defaults.length, (direction + 1) * defaults.length)
      // What goes into gates is clipped; an LSTM's last activation is that of its memory.
      .map((activation, k) =>
        limit > 0 && k < 2 ? (draft, x) => activation(draft, draft.clip(x, -limit, limit)) : activation,
      );
}

const plain: Readonly<Record<string, string | undefined>> = {
  relu: 'Relu',
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  softsign: 'Softsign',
  softplus: 'Softplus',
};

interface WithParameters {
  readonly alpha: number;
  readonly beta?: number;
  readonly write: (draft: Draft, x: string, alpha: number, beta: number) => string;
}

const scaled = (draft: Draft, x: string, factor: number): string =>
  draft.node('Mul', [x, draft.scalar('float32', factor)]);

const withParameters: Readonly<Record<string, WithParameters | undefined>> = {
  leakyrelu: { alpha: 0.01, write: (draft, x, alpha) => draft.node('LeakyRelu', [x], { alpha: float(alpha) }) },
  elu: { alpha: 1, write: (draft, x, alpha) => draft.node('Elu', [x], { alpha: float(alpha) }) },
  thresholdedrelu: {
    alpha: 1,
    write: (draft, x, alpha) => draft.node('ThresholdedRelu', [x], { alpha: float(alpha) }),
  },
  hardsigmoid: {
    alpha: 0.2,
    beta: 0.5,
    write: (draft, x, alpha, beta) => draft.node('HardSigmoid', [x], { alpha: float(alpha), beta: float(beta) }),
  },
  scaledtanh: {
    alpha: 1,
    beta: 1,
    write: (draft, x, alpha, beta) => scaled(draft, draft.node('Tanh', [scaled(draft, x, beta)]), alpha),
  },
  affine: {
    alpha: 1,
    beta: 0,
    write: (draft, x, alpha, beta) => draft.node('Add', [scaled(draft, x, alpha), draft.scalar('float32', beta)]),
  },
};

const split = (draft: Draft, x: string, { hidden }: Layer, gate: number): string =>
  draft.slice(x, 1, gate * hidden, (gate + 1) * hidden);

/** H = f(W x + R h). */
const plainCell = (facts: NodeFacts): Cell | string => {
  const activations = activationsOf(facts, ['Tanh']);
  if (typeof activations === 'string') return activations;
  return (draft, layer, d) => {
    const again = recurrent(facts, draft, layer, d)(0, 1);
    const [f] = activations(d);
    return ({ input, hidden }) => ({
      input,
      hidden: f!(draft, draft.node('Add', [input, again(hidden)])),
      memory: '',
    });
  };
};

/** Gates in the order i, o, f, c; peepholes in the order i, o, f. */
const lstmCell = (facts: NodeFacts): Cell | string => {
  const activations = activationsOf(facts, ['Sigmoid', 'Tanh', 'Tanh']);
  if (typeof activations === 'string') return activations;
  const coupled = integer(facts.node, 'input_forget', 0) === 1;
  const peepholes = constantNumbers(facts, 7);
  if (peepholes === undefined && facts.input(7) !== undefined) return 'its weights depend on the input';
  return (draft, layer, d) => {
    const again = recurrent(facts, draft, layer, d)(0, 4);
    const [f, g, h] = activations(d);
    const peep = [0, 1, 2].map((k) =>
      peepholes?.some((value) => value !== 0) === true
        ? draft.numbers(
            layer.type,
            [layer.hidden],
            peepholes.subarray((3 * d + k) * layer.hidden, (3 * d + k + 1) * layer.hidden),
          )
        : undefined,
    );
    const seeing = (gate: string, k: number, memory: string): string =>
      peep[k] === undefined ? gate : draft.node('Add', [gate, draft.node('Mul', [memory, peep[k]])]);
    return ({ input, hidden, memory }) => {
      const gates = draft.node('Add', [input, again(hidden)]);
      const i = f!(draft, seeing(split(draft, gates, layer, 0), 0, memory));
      const forget = coupled
        ? draft.node('Sub', [draft.scalar(layer.type, 1), i])
        : f!(draft, seeing(split(draft, gates, layer, 2), 2, memory));
      const c = g!(draft, split(draft, gates, layer, 3));
      const next = draft.node('Add', [draft.node('Mul', [forget, memory]), draft.node('Mul', [i, c])]);
      const o = f!(draft, seeing(split(draft, gates, layer, 1), 1, next));
      return { input, hidden: draft.node('Mul', [o, h!(draft, next)]), memory: next };
    };
  };
};

/** Gates in the order z, r, h. */
const gruCell = (facts: NodeFacts): Cell | string => {
  const activations = activationsOf(facts, ['Sigmoid', 'Tanh']);
  if (typeof activations === 'string') return activations;
  const resetAfter = integer(facts.node, 'linear_before_reset', 0) === 1;
  return (draft, layer, d) => {
    const matrices = recurrent(facts, draft, layer, d);
    const forGates = matrices(0, 2);
    const forState = matrices(2, 1);
    const [f, g] = activations(d);
    const one = draft.scalar(layer.type, 1);
    return ({ input, hidden }) => {
      const both = draft.node('Add', [draft.slice(input, 1, 0, 2 * layer.hidden), forGates(hidden)]);
      const z = f!(draft, split(draft, both, layer, 0));
      const r = f!(draft, split(draft, both, layer, 1));
      const state = resetAfter ? draft.node('Mul', [r, forState(hidden)]) : forState(draft.node('Mul', [r, hidden]));
      const candidate = g!(draft, draft.node('Add', [split(draft, input, layer, 2), state]));
      const kept = draft.node('Mul', [z, hidden]);
      const fresh = draft.node('Mul', [draft.node('Sub', [one, z]), candidate]);
      return { input, hidden: draft.node('Add', [fresh, kept]), memory: '' };
    };
  };
};

/** Recurrent layers over a sequence of known length are unrolled: every step is a dense layer and its gates. */
export const recurrentLayers: readonly CompositeDefinition[] = [
  { ops: ['RNN'], becomes: ['Gemm', 'Add', 'Tanh'], write: unrolled(1, plainCell) },
  { ops: ['LSTM'], becomes: ['Gemm', 'Add', 'Sigmoid', 'Tanh', 'Mul'], write: unrolled(4, lstmCell) },
  { ops: ['GRU'], becomes: ['Gemm', 'Add', 'Sigmoid', 'Tanh', 'Mul', 'Sub'], write: unrolled(3, gruCell) },
];
