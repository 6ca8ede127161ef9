import type { Attribute } from '../../../../network/network.ts';
import { NotUnderstood, type Builder } from '../builder.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

/** One of PyTorch's recurrent layers in the words of ONNX's. */
interface Kind {
  readonly op: 'LSTM' | 'GRU' | 'RNN';
  /** For each gate of ONNX, its place among PyTorch's: i, f, g, o there are i, o, f, c here; r, z, n are z, r, h. */
  readonly gates: readonly number[];
  readonly attributes: Readonly<Record<string, number>>;
  readonly activation?: 'Relu';
}

const lstm: Kind = { op: 'LSTM', gates: [0, 3, 1, 2], attributes: {} };
/** PyTorch's resets what the recurrent matrix gave, with its bias. */
const gru: Kind = { op: 'GRU', gates: [1, 0, 2], attributes: { linear_before_reset: 1 } };
const tanhRnn: Kind = { op: 'RNN', gates: [0], attributes: {} };
const reluRnn: Kind = { ...tanhRnn, activation: 'Relu' };

const strings = (value: readonly string[]): Attribute => ({ kind: 'strings', value });

/** The tensors of one direction of one layer, in the order in which PyTorch lists them. */
interface Weights {
  readonly input: string;
  readonly state: string;
  readonly biases: readonly string[];
}

/** A layer over a whole sequence; ONNX has one node for each of PyTorch's stacked layers. */
const sequence =
  (kind: Kind): Translation =>
  (b) => {
    const input = b.tensor('input');
    if (b.argument('batch_sizes') !== undefined) throw new NotUnderstood('its sequences are packed');
    if (b.rank(input) !== 3) throw new NotUnderstood('its input is no batch of sequences');
    if (b.flag('train') && b.number('dropout', 0) > 0)
      throw new NotUnderstood('it was exported in training: call eval() before');
    const layers = b.number('num_layers');
    const directions = b.flag('bidirectional') ? 2 : 1;
    const weights = weightsOf(b, layers * directions);
    const [hidden, memory] = kind.op === 'LSTM' ? b.tensors('hx') : [b.tensor('hx'), ''];
    let x = b.flag('batch_first') ? b.emit('Transpose', [input], { perm: [1, 0, 2] }) : input;
    const lastHidden: string[] = [];
    const lastMemory: string[] = [];
    for (let layer = 0; layer < layers; layer++) {
      const own = weights.slice(layer * directions, (layer + 1) * directions);
      const start = (state: string): string =>
        b.emit('Slice', [state, b.integers([layer * directions]), b.integers([(layer + 1) * directions])]);
      const inputs = [x, ...joined(b, kind, own), '', start(hidden!), ...(memory === '' ? [] : [start(memory!)])];
      const [outputs, h, c] = b.emitMany(kind.op, inputs, kind.op === 'LSTM' ? 3 : 2, {
        ...kind.attributes,
        hidden_size: b.size(own[0]!.state, 1),
        direction: directions === 2 ? 'bidirectional' : 'forward',
        ...(kind.activation === undefined
          ? {}
          : { activations: strings(Array.from({ length: directions }, () => kind.activation!)) }),
      });
      // [steps, directions, batch, hidden], with the directions side by side in what follows.
      x = b.emit('Reshape', [b.emit('Transpose', [outputs!], { perm: [0, 2, 1, 3] }), b.integers([0, 0, -1])]);
      lastHidden.push(h!);
      if (c !== undefined) lastMemory.push(c);
    }
    const [whole, h, c] = b.call.outputs;
    if (b.flag('batch_first')) b.give(whole!, 'Transpose', [x], { perm: [1, 0, 2] });
    else b.give(whole!, 'Identity', [x]);
    if (h !== undefined && h !== '') b.give(h, 'Concat', lastHidden, { axis: 0 });
    if (c !== undefined && c !== '') b.give(c, 'Concat', lastMemory, { axis: 0 });
  };

function weightsOf(b: Builder, count: number): readonly Weights[] {
  const names = b.tensors('params');
  const each = b.flag('has_biases') ? 4 : 2;
  if (names.length !== each * count)
    throw new NotUnderstood(
      'it projects its state (proj_size), for which ONNX has no operator: call run_decompositions() before saving',
    );
  return listed(count, (i) => {
    const [input, state, ...biases] = names.slice(i * each, (i + 1) * each);
    return { input: input!, state: state!, biases };
  });
}

/** W, R and B of ONNX: the gates in its order, the directions along a first axis. */
function joined(b: Builder, { gates }: Kind, directions: readonly Weights[]): readonly string[] {
  const hidden = b.size(directions[0]!.state, 1);
  const rows = gates.flatMap((gate) => listed(hidden, (i) => gate * hidden + i));
  const ordered = (name: string): string =>
    gates.length === 1 ? name : b.emit('Gather', [name, b.integers(rows)], { axis: 0 });
  const along = (parts: readonly string[]): string =>
    b.emit(
      'Concat',
      parts.map((part) => b.emit('Unsqueeze', [part, b.integers([0])])),
      { axis: 0 },
    );
  const biased = directions.every(({ biases }) => biases.length > 0);
  return [
    along(directions.map(({ input }) => ordered(input))),
    along(directions.map(({ state }) => ordered(state))),
    biased ? along(directions.map(({ biases }) => b.emit('Concat', biases.map(ordered), { axis: 0 }))) : '',
  ];
}

/** One step, which is a sequence of length one. */
const cell =
  (kind: Kind): Translation =>
  (b) => {
    const first = b.integers([0]);
    const [hidden, memory] = kind.op === 'LSTM' ? b.tensors('hx') : [b.tensor('hx'), ''];
    const biases = ['b_ih', 'b_hh'].map((name) => b.optionalTensor(name)).filter((name) => name !== '');
    const weights = joined(b, kind, [{ input: b.tensor('w_ih'), state: b.tensor('w_hh'), biases }]);
    const states = [hidden!, memory!].filter((name) => name !== '').map((name) => b.emit('Unsqueeze', [name, first]));
    const [, h, c] = b.emitMany(
      kind.op,
      [b.emit('Unsqueeze', [b.tensor('input'), first]), ...weights, '', ...states],
      kind.op === 'LSTM' ? 3 : 2,
      {
        ...kind.attributes,
        hidden_size: b.size(b.tensor('w_hh'), 1),
        ...(kind.activation === undefined ? {} : { activations: strings([kind.activation]) }),
      },
    );
    const [hiddenOut, memoryOut] = b.call.outputs;
    b.give(hiddenOut!, 'Squeeze', [h!, first]);
    if (memoryOut !== undefined && memoryOut !== '') b.give(memoryOut, 'Squeeze', [c!, first]);
  };

export const recurrent: Translations = {
  'aten.lstm': sequence(lstm),
  'aten.gru': sequence(gru),
  'aten.rnn_tanh': sequence(tanhRnn),
  'aten.rnn_relu': sequence(reluRnn),
  'aten.lstm_cell': cell(lstm),
  'aten.gru_cell': cell(gru),
  'aten.rnn_tanh_cell': cell(tanhRnn),
  'aten.rnn_relu_cell': cell(reluRnn),
};
