import { numbersOf, type Tensor } from '../../network/tensor.ts';
import { windowCount } from '../tensorflow/padding.ts';
import { Unsupported } from '../tensorflow/unsupported.ts';
import { Value } from '../tensorflow/value.ts';
import { channelsOf, image, imageName, requireRank, slidingAttributes, spatial, type Windows } from './convolution.ts';
import { onlyInput, weight, type LayerCall, type LayerDefinition } from './layer.ts';

/** Of Keras: what lies below is cut off under the root. */
const epsilon = 1e-7;

/** The waves of a spectrum are weights in the file: its two parts are convolutions, of every channel alone. */
function spectrum(call: LayerCall): Value {
  const { draft, settings, id } = call;
  const x = onlyInput(call);
  requireRank(call, x, 1);
  const mode = settings.text('mode', 'log');
  if (mode === 'angle') throw new Unsupported('the angle of a spectrum jumps where it goes round');
  const parts = [
    ...(mode === 'imag' ? [] : [weight(call, 0, 'real_kernel', 3)]),
    ...(mode === 'real' ? [] : [weight(call, mode === 'imag' ? 0 : 1, 'imag_kernel', 3)]),
  ];
  const windows = framesOf(call, parts[0]!.shape[0]!);
  const channels = channelsOf(x, windows.channelsLast);
  if (channels === null) throw new Unsupported('the number of its channels is not fixed');
  const kernel = wavesOf(parts, channels, `${call.layerId}/waves`);
  const waves = draft.node('Conv', `${id}/waves`, [imageName(x, windows.channelsLast), draft.constant(kernel)], {
    ...slidingAttributes(x, windows),
    group: channels,
  });
  const frequencies = parts[0]!.shape[2]!;
  const apart = (names: readonly number[]): string =>
    draft.node('Reshape', `${id}/parts`, [waves, draft.integers(`${id}/shape`, [0, channels, ...names, -1])]);
  if (mode === 'real' || mode === 'imag' || mode === 'stft') {
    const rows = parts.length * frequencies;
    return arranged(call, apart([rows]), x, windows, channels, rows);
  }
  const both = apart([2, frequencies]);
  const axis = draft.integers(`${id}/axis`, [2]);
  if (mode === 'psd') {
    const power = draft.node('ReduceSumSquare', `${id}/power`, [both, axis], { keepdims: 0 });
    // One half of a symmetric spectrum stands for both, but for its ends.
    const doubled = Array.from({ length: frequencies }, (_, k) => (k === 0 || k === frequencies - 1 ? 1 : 2));
    const factors = draft.floats(`${id}/factors`, [frequencies, 1], doubled);
    return arranged(call, draft.node('Mul', `${id}/doubled`, [power, factors]), x, windows, channels, frequencies);
  }
  if (mode !== 'magnitude' && mode !== 'log') throw settings.wrong('mode', 'a mode of STFTSpectrogram');
  // The root of the larger of both numbers is the larger of both roots, and this length has a constant.
  const length = draft.node('ReduceL2', `${id}/length`, [both, axis], { keepdims: 0 });
  const least = draft.floats(`${id}/least`, [], [Math.sqrt(epsilon)]);
  const magnitude = draft.node('Max', `${id}/magnitude`, [length, least]);
  const made = mode === 'log' ? draft.node('Log', `${id}/log`, [magnitude]) : magnitude;
  return arranged(call, made, x, windows, channels, frequencies);
}

function framesOf({ settings }: LayerCall, length: number): Windows {
  const padding = settings.text('padding', 'valid');
  if (padding !== 'valid' && padding !== 'same') throw settings.wrong('padding', '"valid" or "same"');
  const step = settings.count('frame_step', 0) || Math.floor(length / 2);
  if (step < 1) throw settings.wrong('frame_step', 'a size of at least 1');
  return {
    axes: 1,
    windows: [{ kernel: length, stride: step, dilation: 1 }],
    padding,
    channelsLast: settings.text('data_format', 'channels_last') !== 'channels_first',
  };
}

/** [frame, 1, frequencies] as [frequencies, 1, frame], one part after the other, and all of them again for each channel. */
function wavesOf(parts: readonly Tensor[], channels: number, name: string): Tensor {
  const [frame, , frequencies] = parts[0]!.shape as readonly [number, number, number];
  const rows = parts.length * frequencies;
  if (parts.some(({ shape }) => shape.join() !== [frame, 1, frequencies].join()))
    throw new Unsupported('its two kernels are not of one shape');
  const one = new Float32Array(rows * frame);
  parts.forEach((part, which) => {
    const numbers = numbersOf(part);
    for (let k = 0; k < frequencies; k++)
      for (let t = 0; t < frame; t++) one[(which * frequencies + k) * frame + t] = numbers[t * frequencies + k]!;
  });
  const bytes = (): Uint8Array => {
    const all = new Float32Array(one.length * channels);
    for (let c = 0; c < channels; c++) all.set(one, c * one.length);
    return new Uint8Array(all.buffer);
  };
  return { name, type: 'float32', shape: [rows * channels, 1, frame], bytes };
}

/** [batch, channels, rows, time] in the order of axes that the layer gives. */
function arranged(call: LayerCall, name: string, x: Value, windows: Windows, channels: number, rows: number): Value {
  const { draft, settings, id } = call;
  const { channelsLast } = windows;
  const time = windowCount(spatial(x, channelsLast)[0] ?? null, windows.windows[0]!, windows.padding);
  const batch = x.shape[0] ?? null;
  if (settings.flag('expand_dims', false)) {
    const perm = channelsLast ? [0, 3, 2, 1] : [0, 1, 3, 2];
    const sizes = channelsLast ? [time, rows, channels] : [channels, time, rows];
    return Value.plain(draft, draft.node('Transpose', id, [name], { perm }), [batch, ...sizes]);
  }
  const flat = draft.node('Reshape', id, [name, draft.integers(`${id}/flat`, [0, channels * rows, -1])]);
  return image(call, flat, x, channels * rows, [time], channelsLast);
}

export const spectrumLayers: readonly LayerDefinition[] = [{ classes: ['STFTSpectrogram'], write: spectrum }];
