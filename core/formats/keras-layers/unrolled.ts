import { numbersOf, tensorOfNumbers } from '../../network/tensor.ts';
import { Value } from '../tensorflow/value.ts';
import { entrywiseNamed } from './activation.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { type LayerCall } from './layer.ts';
import { cellActivations, type Cell, type Direction, type Run } from './recurrent.ts';

/** Some thirty nodes a step and direction: beyond, reading takes seconds, and no bound of so deep a network is of any use. */
const mostSteps = 512;

export function stepsOf(x: Value): number {
  const steps = x.shape[1];
  if (typeof steps !== 'number') throw new Unsupported('the length of its sequence is not fixed');
  if (steps > mostSteps) throw new Unsupported(`it goes ${steps} steps, more than can be unrolled`);
  return steps;
}

/** The steps one after another, for activation functions that ONNX's recurrent layers do not have. */
export function unrolled(
  call: LayerCall,
  cell: Cell,
  x: Value,
  id: string,
  direction: Direction,
  initial: readonly Value[],
): Run {
  const { draft } = call;
  const { units } = cell;
  const steps = stepsOf(x);
  const product = draft.node('MatMul', `${id}/inputs`, [x.name, draft.constant(cell.kernel)]);
  const [inputBias, stateBias] = biases(cell);
  const inputs = inputBias === undefined ? product : draft.node('Add', id, [product, draft.constant(inputBias)]);
  const next = stepOf(call, cell, id, stateBias === undefined ? undefined : draft.constant(stateBias));
  let state: State = { hidden: initial[0]?.name, memory: initial[1]?.name };
  const made = new Array<string>(steps);
  for (let k = 0; k < steps; k++) {
    const at = direction === 'forward' ? k : steps - 1 - k;
    const step = `${id}/step ${at}`;
    const input = draft.node('Gather', `${step}/input`, [inputs, draft.constant(index(`${id}/index ${at}`, at))], {
      axis: 1,
    });
    state = next(input, state, step);
    made[at] = draft.node('Unsqueeze', `${step}/stacked`, [state.hidden!, draft.integers(`${step}/axis`, [1])]);
  }
  const batch = x.shape[0] ?? null;
  const value = (name: string): Value => Value.plain(draft, name, [batch, units]);
  const last = value(state.hidden!);
  return {
    sequence: Value.plain(draft, draft.node('Concat', `${id}/sequence`, made, { axis: 1 }), [batch, steps, units]),
    last,
    states: state.memory === undefined ? [last] : [last, value(state.memory)],
  };
}

const index = (name: string, value: number) => tensorOfNumbers(name, [], [value], 'int64');

/** Undefined at the beginning, where both are 0. */
interface State {
  readonly hidden: string | undefined;
  readonly memory: string | undefined;
}

type Step = (input: string, state: State, id: string) => State;

function biases({ bias }: Cell) {
  if (bias === undefined) return [undefined, undefined];
  if (bias.shape.length === 1) return [bias, undefined];
  const width = bias.shape[1]!;
  const numbers = numbersOf(bias);
  const row = (at: number, name: string) =>
    tensorOfNumbers(`${bias.name}${name}`, [width], numbers.subarray(at * width, (at + 1) * width), 'float32');
  return [row(0, ''), row(1, ' of the state')];
}

function stepOf(call: LayerCall, cell: Cell, name: string, stateBias: string | undefined): Step {
  const { draft } = call;
  const { kind, units } = cell;
  const given = cellActivations(cell, call);
  const state = entrywiseNamed(call, given.state as never);
  const gate = kind === 'SimpleRNN' ? state : entrywiseNamed(call, given.gate as never);
  const matrix = draft.constant(cell.recurrent);
  const add = (id: string, a: string, b: string | undefined): string =>
    b === undefined ? a : draft.node('Add', id, [a, b]);
  const times = (id: string, a: string, b: string): string => draft.node('Mul', id, [a, b]);
  const again = (h: string | undefined, id: string): string | undefined =>
    h === undefined
      ? stateBias
      : add(`${id}/state with bias`, draft.node('MatMul', `${id}/state`, [h, matrix]), stateBias);
  const split = (id: string, x: string, count: number): readonly string[] =>
    draft.outputs('Split', `${id}/gates`, [x], count, { axis: -1, num_outputs: count });
  switch (kind) {
    case 'SimpleRNN':
      return (input, { hidden }, id) => ({
        hidden: state(add(`${id}/sum`, input, again(hidden, id)), `${id}/hidden`),
        memory: undefined,
      });
    case 'LSTM':
      return (input, { hidden, memory }, id) => {
        const [i, f, c, o] = split(id, add(`${id}/sum`, input, again(hidden, id)), 4);
        const fresh = times(`${id}/fresh`, gate(i!, `${id}/input gate`), state(c!, `${id}/candidate`));
        const kept = memory === undefined ? undefined : times(`${id}/kept`, gate(f!, `${id}/forget gate`), memory);
        const after = add(`${id}/memory`, fresh, kept);
        return {
          hidden: times(`${id}/hidden`, gate(o!, `${id}/output gate`), state(after, `${id}/shown`)),
          memory: after,
        };
      };
    case 'GRU': {
      const after = cell.settings.flag('reset_after', cell.bias?.shape.length === 2);
      const numbers = after ? undefined : numbersOf(cell.recurrent);
      const part = (from: number, count: number, what: string): string => {
        const made = new Float32Array(units * count * units);
        for (let row = 0; row < units; row++)
          for (let column = 0; column < count * units; column++)
            made[row * count * units + column] = numbers![row * 3 * units + from * units + column]!;
        return draft.floats(`${name}/${what}`, [units, count * units], made);
      };
      const [forGates, forState] = after ? ['', ''] : [part(0, 2, 'recurrent gates'), part(2, 1, 'recurrent state')];
      const one = draft.scalar(`${name}/one`, 1);
      return (input, { hidden }, id) => {
        const [xz, xr, xh] = split(id, input, 3);
        const mixed = after ? again(hidden, id) : undefined;
        const inner = mixed === undefined ? [] : split(`${id}/state`, mixed, 3);
        const before =
          after || hidden === undefined
            ? inner
            : split(`${id}/state`, draft.node('MatMul', `${id}/for gates`, [hidden, forGates]), 2);
        const z = gate(add(`${id}/update sum`, xz!, before[0]), `${id}/update gate`);
        const r = gate(add(`${id}/reset sum`, xr!, before[1]), `${id}/reset gate`);
        const reset = after
          ? inner[2] === undefined
            ? undefined
            : times(`${id}/reset`, r, inner[2])
          : hidden === undefined
            ? undefined
            : draft.node('MatMul', `${id}/for state`, [times(`${id}/reset`, r, hidden), forState]);
        const candidate = state(add(`${id}/candidate sum`, xh!, reset), `${id}/candidate`);
        const fresh = times(`${id}/fresh`, draft.node('Sub', `${id}/rest`, [one, z]), candidate);
        return {
          hidden: add(`${id}/hidden`, fresh, hidden === undefined ? undefined : times(`${id}/kept`, z, hidden)),
          memory: undefined,
        };
      };
    }
  }
}
