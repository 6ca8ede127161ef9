import { numbersOf, type Tensor } from '../../network/tensor.ts';
import type { Attribute } from '../../network/network.ts';
import { Value } from '../tensorflow/value.ts';
import { recentlyMade } from '../recently-made.ts';
import { activationName } from './activation.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import {
  layerJson,
  layerName,
  onlyInput,
  requireSize,
  weight,
  type LayerCall,
  type LayerDefinition,
  type LayerJson,
  type LayerWeights,
} from './layer.ts';
import { Settings } from './settings.ts';
import { unrolled } from './unrolled.ts';

/** One pass of a recurrent layer over its sequence. */
export interface Run {
  /** The state at every step, in the order of the steps, whichever way they were gone. */
  readonly sequence: Value;
  /** The state at the last step that was gone. */
  readonly last: Value;
  /** All that is left at the end: the state, and the memory of an LSTM. */
  readonly states: readonly Value[];
}

export type Direction = 'forward' | 'reverse';

/** A cell: its kind, what it says about itself, and its weights. */
export interface Cell {
  readonly kind: 'SimpleRNN' | 'LSTM' | 'GRU';
  readonly settings: Settings;
  readonly kernel: Tensor;
  readonly recurrent: Tensor;
  readonly bias: Tensor | undefined;
  readonly units: number;
}

const gates = { SimpleRNN: 1, LSTM: 4, GRU: 3 } as const;
/** ONNX's order of the gates, by their places in Keras's: i f c o becomes i o f c. */
const gateOrder = { SimpleRNN: [0], LSTM: [0, 3, 1, 2], GRU: [0, 1, 2] } as const;
const onnxName = { SimpleRNN: 'RNN', LSTM: 'LSTM', GRU: 'GRU' } as const;
const kinds: Readonly<Record<string, Cell['kind'] | undefined>> = {
  SimpleRNN: 'SimpleRNN',
  LSTM: 'LSTM',
  GRU: 'GRU',
  SimpleRNNCell: 'SimpleRNN',
  LSTMCell: 'LSTM',
  GRUCell: 'GRU',
};

/** Activation functions that ONNX's recurrent layers have. */
const onnxActivations: Readonly<Record<string, string | undefined>> = {
  tanh: 'Tanh',
  sigmoid: 'Sigmoid',
  relu: 'Relu',
  softsign: 'Softsign',
  softplus: 'Softplus',
};

export function recurrentRun(
  call: LayerCall,
  layer: LayerJson,
  weights: LayerWeights,
  id: string,
  layerId: string,
  direction: Direction,
  initial: readonly Value[],
): Run {
  const settings = new Settings(layer.config, call.settings.where);
  if (settings.flag('time_major', false)) throw new Unsupported('its steps come before the batch (time_major)');
  const x = onlyInput(call);
  if (layer.className !== 'RNN')
    return oneCell(call, layer, x, weights.inside('cell', layerName(layer)), id, layerId, direction, initial);
  const cell = layerJson(settings.values['cell'], call.settings.where);
  const inner = weights.inside('cell', layerName(cell));
  if (cell.className !== 'StackedRNNCells') return oneCell(call, cell, x, inner, id, layerId, direction, initial);
  if (initial.length > 0) throw new Unsupported('its stacked cells begin with given states');
  const cells = (new Settings(cell.config, call.settings.where).list('cells') ?? []).map((json) =>
    layerJson(json, call.settings.where),
  );
  const members = inner.members(
    'cells',
    cells.map((each) => ({ className: each.className, name: layerName(each) })),
  );
  // Cells on top of each other are layers one after another.
  let run: Run = { sequence: x, last: x, states: [] };
  cells.forEach((each, i) => {
    const next = oneCell(call, each, run.sequence, members[i]!, `${id}/${i + 1}`, `${layerId}/${i + 1}`, direction, []);
    run = { ...next, states: [...run.states, ...next.states] };
  });
  return run;
}

function oneCell(
  call: LayerCall,
  layer: LayerJson,
  x: Value,
  weights: LayerWeights,
  id: string,
  layerId: string,
  direction: Direction,
  initial: readonly Value[],
): Run {
  const kind = kinds[layer.className];
  if (kind === undefined) throw new Unsupported(`its cell ${layer.className} is not known`);
  const settings = new Settings(layer.config, call.settings.where);
  const at = { weights, settings, layerId };
  const kernel = weight(at, 0, 'kernel', 2);
  const recurrent = weight(at, 1, 'recurrent_kernel', 2);
  const withBias = settings.flag('use_bias', true);
  const bias = withBias ? weights.own(2, 'bias') : undefined;
  const units = recurrent.shape[0]!;
  requireSize(call, 'gates', kernel.shape[1], gates[kind] * units);
  requireSize(call, 'gates', recurrent.shape[1], gates[kind] * units);
  if (x.rank !== 3) throw new Unsupported(`its input has ${x.rank} axes instead of 3`);
  requireSize(call, 'features', x.shape[2], kernel.shape[0]!);
  const cell: Cell = {
    kind,
    settings,
    kernel,
    recurrent,
    units,
    bias: bias === undefined ? undefined : { ...bias, name: `${layerId}/bias` },
  };
  const names = activationNames(cell, call);
  return names === undefined
    ? unrolled(call, cell, x, id, direction, initial)
    : inOneNode(call, cell, x, id, layerId, direction, initial, names);
}

/** The gates' function and the state's, as Keras defaults them. */
export const cellActivations = (
  { settings, kind }: Cell,
  { dialect }: LayerCall,
): { readonly gate: unknown; readonly state: unknown } => ({
  gate:
    settings.values['recurrent_activation'] ??
    (dialect === 'keras 3' || kind === 'SimpleRNN' ? 'sigmoid' : 'hard_sigmoid'),
  state: settings.values['activation'] === undefined ? 'tanh' : settings.values['activation'],
});

function activationNames(cell: Cell, call: LayerCall): readonly string[] | undefined {
  const given = cellActivations(cell, call);
  const gate = onnxActivations[activationName(given.gate as never) ?? ''];
  const state = onnxActivations[activationName(given.state as never) ?? ''];
  if (gate === undefined || state === undefined) return undefined;
  return cell.kind === 'LSTM' ? [gate, state, state] : cell.kind === 'GRU' ? [gate, state] : [state];
}

const resetsAfter = ({ settings, bias }: Cell): boolean => settings.flag('reset_after', bias?.shape.length === 2);

function inOneNode(
  call: LayerCall,
  cell: Cell,
  x: Value,
  id: string,
  layerId: string,
  direction: Direction,
  initial: readonly Value[],
  names: readonly string[],
): Run {
  const { draft } = call;
  const { kind, units } = cell;
  const step = (what: string, state: Value): string =>
    draft.node('Unsqueeze', `${id}/${what}`, [state.name, draft.integers(`${id}/${what} axis`, [0])]);
  const bias = onnxBias(cell, layerId);
  const activations: Attribute = { kind: 'strings', value: names };
  const outputs = draft.outputs(
    onnxName[kind],
    id,
    [
      draft.node('Transpose', `${id}/steps first`, [x.name], { perm: [1, 0, 2] }),
      draft.constant(rowsOf(cell.kernel, cell, `${layerId}/kernel`)),
      draft.constant(rowsOf(cell.recurrent, cell, `${layerId}/recurrent_kernel`)),
      bias === undefined ? '' : draft.constant(bias),
      ...(initial.length === 0 ? [] : ['', ...initial.map((state, i) => step(`initial ${i + 1}`, state))]),
    ],
    kind === 'LSTM' ? 3 : 2,
    {
      hidden_size: units,
      direction,
      activations,
      ...(kind === 'GRU' ? { linear_before_reset: resetsAfter(cell) ? 1 : 0 } : {}),
    },
  );
  const batch = x.shape[0] ?? null;
  const squeezed = (output: string, what: string, axis: number): string =>
    draft.node('Squeeze', `${id}/${what}`, [output, draft.integers(`${id}/${what} axis`, [axis])]);
  const sequence = draft.node('Transpose', `${id}/batch first`, [squeezed(outputs[0]!, 'sequence', 1)], {
    perm: [1, 0, 2],
  });
  const states = outputs
    .slice(1)
    .map((output, i) => Value.plain(draft, squeezed(output, `state ${i + 1}`, 0), [batch, units]));
  return { sequence: Value.plain(draft, sequence, [batch, x.shape[1]!, units]), last: states[0]!, states };
}

/** [in, gates * units] as ONNX wants it: [1, gates * units, in], with the gates in its order. */
function rowsOf(tensor: Tensor, { kind, units }: Cell, name: string): Tensor {
  const [rows, columns] = tensor.shape as [number, number];
  return computed(name, [1, columns, rows], () => {
    const numbers = numbersOf(tensor);
    const made = new Float32Array(rows * columns);
    gateOrder[kind].forEach((gate, place) => {
      for (let unit = 0; unit < units; unit++)
        for (let row = 0; row < rows; row++)
          made[(place * units + unit) * rows + row] = numbers[row * columns + gate * units + unit]!;
    });
    return made;
  });
}

/** The bias of the input, then that of the state, which only a GRU that resets after its product has. */
function onnxBias(cell: Cell, layerId: string): Tensor | undefined {
  const { bias, kind, units } = cell;
  if (bias === undefined) return undefined;
  const width = gates[kind] * units;
  return computed(`${layerId}/bias`, [1, 2 * width], () => {
    const numbers = numbersOf(bias);
    const made = new Float32Array(2 * width);
    const both = numbers.length === 2 * width ? 2 : 1;
    for (let part = 0; part < both; part++)
      gateOrder[kind].forEach((gate, place) => {
        const from = part * width + gate * units;
        made.set(Float32Array.from(numbers.subarray(from, from + units)), part * width + place * units);
      });
    return made;
  });
}

function computed(name: string, shape: readonly number[], make: () => Float32Array): Tensor {
  const bytes = recentlyMade(
    () => new Uint8Array(make().buffer),
    ({ length }) => length,
  );
  return { name, type: 'float32', shape, bytes };
}

/** States that the call begins with: an argument of that name, or further inputs. */
export const initialStates = ({ inputs, arguments: given }: LayerCall): readonly Value[] =>
  given.tensors['initial_state'] ?? inputs.slice(1);

/** What the layer gives: all steps or the last, in the order in which they were gone, and the states where asked for. */
export function results(call: LayerCall, run: Run, settings: Settings, direction: Direction): readonly Value[] {
  const inOrder = (): Value =>
    direction === 'forward' ? run.sequence : turned(call, run.sequence, `${call.id}/turned`);
  const value = settings.flag('return_sequences', false) ? inOrder() : run.last;
  return settings.flag('return_state', false) ? [value, ...run.states] : [value];
}

export function turned({ draft }: LayerCall, x: Value, id: string): Value {
  const bound = (what: string, value: number): string => draft.integers(`${id}/${what}`, [value]);
  const name = draft.node('Slice', id, [
    x.name,
    bound('start', -1),
    bound('end', -(2 ** 31)),
    bound('axis', 1),
    bound('step', -1),
  ]);
  return Value.plain(draft, name, x.shape);
}

export const recurrentLayers: readonly LayerDefinition[] = [
  {
    classes: ['SimpleRNN', 'LSTM', 'GRU', 'RNN'],
    write(call) {
      const direction = call.settings.flag('go_backwards', false) ? 'reverse' : 'forward';
      const layer: LayerJson = { className: call.className, module: '', config: call.settings.values, built: {} };
      const alone = { ...call, inputs: call.inputs.slice(0, 1) };
      const run = recurrentRun(alone, layer, call.weights, call.id, call.layerId, direction, initialStates(call));
      return results(call, run, call.settings, direction);
    },
  },
];
