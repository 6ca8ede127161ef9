import { tensorOfNumbers, type Tensor } from '../../network/tensor.ts';
import { range, Value } from '../tensorflow/value.ts';
import { entrywiseNamed } from './activation.ts';
import { convolved, windowsOf, type Windows } from './convolution.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { onlyInput, transposedWeight, weight, type LayerCall, type LayerDefinition } from './layer.ts';
import { results, type Run } from './recurrent.ts';
import { stepsOf } from './unrolled.ts';

/** An LSTM whose products are convolutions, step by step. */
function convLstm(call: LayerCall, axes: number): readonly Value[] {
  const { draft, id, settings } = call;
  const x = onlyInput(call);
  if (x.rank !== axes + 3) throw new Unsupported(`its input has ${x.rank} axes instead of ${axes + 3}`);
  if (call.inputs.length > 1 || call.arguments.tensors['initial_state'] !== undefined)
    throw new Unsupported('it begins with given states');
  const at = { ...call, weights: call.weights.inside('cell', `conv_lstm_cell`) };
  const perm = [axes + 1, axes, ...range(0, axes)];
  const kernel = transposedWeight(weight(at, 0, 'kernel', axes + 2), perm);
  const recurrent = transposedWeight(weight(at, 1, 'recurrent_kernel', axes + 2), perm);
  const bias: Tensor | undefined = settings.flag('use_bias', true) ? weight(at, 2, 'bias', 1) : undefined;
  const windows = windowsOf(call, axes, kernel.shape.slice(2));
  const again: Windows = {
    ...windows,
    padding: 'same',
    windows: recurrent.shape.slice(2).map((size) => ({ kernel: size, stride: 1, dilation: 1 })),
  };
  const gate = entrywiseNamed(call, settings.values['recurrent_activation'] ?? 'hard_sigmoid');
  const state = entrywiseNamed(call, settings.values['activation'] ?? 'tanh');
  const steps = stepsOf(x);
  const direction = settings.flag('go_backwards', false) ? 'reverse' : 'forward';
  const frame = [x.shape[0] ?? null, ...x.shape.slice(2)];
  let hidden: Value | undefined;
  let memory: Value | undefined;
  const made = new Array<Value>(steps);
  for (let k = 0; k < steps; k++) {
    const index = direction === 'forward' ? k : steps - 1 - k;
    const step = `${id}/step ${index}`;
    const place = draft.constant(tensorOfNumbers(`${id}/index ${index}`, [], [index], 'int64'));
    const input = Value.plain(draft, draft.node('Gather', `${step}/input`, [x.name, place], { axis: 1 }), frame);
    const fromInput = convolved(call, `${step}/convolved`, input, windows, kernel, bias, 1);
    const name = (value: Value): string => (windows.channelsLast ? value.firstName : value.name);
    const sum: string =
      hidden === undefined
        ? name(fromInput)
        : draft.node('Add', `${step}/sum`, [
            name(fromInput),
            name(convolved(call, `${step}/recurrent`, hidden, again, recurrent, undefined, 1)),
          ]);
    const [i, f, c, o] = draft.outputs('Split', `${step}/gates`, [sum], 4, { axis: 1, num_outputs: 4 });
    const fresh = draft.node('Mul', `${step}/fresh`, [gate(i!, `${step}/input gate`), state(c!, `${step}/candidate`)]);
    const after: string =
      memory === undefined
        ? fresh
        : draft.node('Add', `${step}/memory`, [
            fresh,
            draft.node('Mul', `${step}/kept`, [gate(f!, `${step}/forget gate`), name(memory)]),
          ]);
    const shown = draft.node('Mul', `${step}/hidden`, [gate(o!, `${step}/output gate`), state(after, `${step}/shown`)]);
    const sizes = windows.channelsLast
      ? [...fromInput.shape.slice(0, -1), recurrent.shape[1]!]
      : [fromInput.shape[0]!, recurrent.shape[1]!, ...fromInput.shape.slice(2)];
    const value = (tensor: string): Value =>
      windows.channelsLast ? Value.channelsFirst(draft, tensor, sizes) : Value.plain(draft, tensor, sizes);
    hidden = value(shown);
    memory = value(after);
    made[index] = hidden;
  }
  if (hidden === undefined || memory === undefined) throw new Unsupported('its sequence has no steps');
  const stacked = made.map((value, index) =>
    draft.node('Unsqueeze', `${id}/stacked ${index}`, [value.name, draft.integers(`${id}/axis ${index}`, [1])]),
  );
  const sequence = Value.plain(draft, draft.node('Concat', `${id}/sequence`, stacked, { axis: 1 }), [
    hidden.shape[0]!,
    steps,
    ...hidden.shape.slice(1),
  ]);
  const run: Run = { sequence, last: hidden, states: [hidden, memory] };
  return results(call, run, settings, direction);
}

export const convLstmLayers: readonly LayerDefinition[] = [1, 2, 3].map((axes) => ({
  classes: [`ConvLSTM${axes}D`],
  write: (call) => convLstm(call, axes),
}));
