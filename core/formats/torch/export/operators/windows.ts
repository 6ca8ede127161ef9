import { NotUnderstood, type Builder } from '../builder.ts';
import { batched } from './batched.ts';
import { listed } from './listed.ts';
import type { Translation, Translations } from './translation.ts';

/** Every window of an image as a column: mere copies, which are picked from the padded image. */
const columns: Translation = (b) => {
  const self = b.tensor('self');
  const [kernel, dilation] = [b.perAxis('kernel_size', 2, 1), b.perAxis('dilation', 2, 1)];
  const [padding, stride] = [b.perAxis('padding', 2, 0), b.perAxis('stride', 2, 1)];
  const [channels, ...image] = b.lastSizes(self, 3) as [number, number, number];
  const padded = image.map((size, axis) => size + 2 * padding[axis]!);
  const counts = padded.map((size, axis) =>
    Math.floor((size - dilation[axis]! * (kernel[axis]! - 1) - 1) / stride[axis]! + 1),
  );
  const [inKernel, windows] = [kernel[0]! * kernel[1]!, counts[0]! * counts[1]!];
  const places = listed(inKernel * windows, (i) => {
    const [k, w] = [Math.floor(i / windows), i % windows];
    const row = Math.floor(w / counts[1]!) * stride[0]! + Math.floor(k / kernel[1]!) * dilation[0]!;
    return row * padded[1]! + (w % counts[1]!) * stride[1]! + (k % kernel[1]!) * dilation[1]!;
  });
  batched(b, self, 2, (input) => {
    const pads = b.integers([0, 0, ...padding, 0, 0, ...padding]);
    const flat = b.emit('Reshape', [b.emit('Pad', [input, pads]), b.integers([0, 0, -1])]);
    const picked = b.emit('Gather', [flat, b.integers(places, [inKernel, windows])], { axis: 2 });
    return b.emit('Reshape', [picked, b.integers([0, channels * inKernel, windows])]);
  });
};

const image: Translation = (b) => {
  const self = b.tensor('self');
  const [padding, kernel] = [b.perAxis('padding', 2, 0), b.perAxis('kernel_size', 2, 1)];
  batched(b, self, 1, (input) =>
    b.emit('Col2Im', [input, b.integers(b.perAxis('output_size', 2, 1)), b.integers(kernel)], {
      dilations: b.perAxis('dilation', 2, 1),
      strides: b.perAxis('stride', 2, 1),
      pads: [...padding, ...padding],
    }),
  );
};

/** Windows along one axis, whose places become a new last axis. */
const unfold: Translation = (b) => {
  const self = b.tensor('self');
  const [size, step] = [b.number('size'), b.number('step')];
  if (b.rank(self) === 0) throw new NotUnderstood('its input has no axes');
  const axis = b.axis(self, b.number('dimension'));
  const count = Math.floor((b.size(self, axis) - size) / step) + 1;
  const places = listed(count * size, (i) => Math.floor(i / size) * step + (i % size));
  const picked = b.emit('Gather', [self, b.integers(places, [count, size])], { axis });
  const rank = b.rank(self) + 1;
  const perm = Array.from({ length: rank }, (_, i) => (i <= axis ? i : i === rank - 1 ? axis + 1 : i + 1));
  b.finish('Transpose', [picked], { perm });
};

/** Cuts one axis or two into factors, orders these anew and puts them together: the blocks and channels of images. */
function reordered(b: Builder, cut: readonly number[], perm: readonly number[], result: readonly number[]): void {
  const self = b.tensor('self');
  const before = b.rank(self) - 3;
  const lead = Array.from({ length: before }, (_, axis) => axis);
  const kept = lead.map(() => 0);
  const parts = b.emit('Reshape', [self, b.integers([...kept, ...cut])]);
  const turned = b.emit('Transpose', [parts], { perm: [...lead, ...perm.map((axis) => axis + before)] });
  b.finish('Reshape', [turned, b.integers([...kept, ...result])]);
}

const shuffle: Translation = (b) => {
  const r = b.number('upscale_factor');
  const [channels, height, width] = b.lastSizes(b.tensor('self'), 3) as [number, number, number];
  if (b.rank(b.tensor('self')) === 4) b.finish('DepthToSpace', [b.tensor('self')], { blocksize: r, mode: 'CRD' });
  else {
    const out = channels / r ** 2;
    reordered(b, [out, r, r, height, width], [0, 3, 1, 4, 2], [out, height * r, width * r]);
  }
};

const unshuffle: Translation = (b) => {
  const r = b.number('downscale_factor');
  const [channels, height, width] = b.lastSizes(b.tensor('self'), 3) as [number, number, number];
  const [h, w] = [height / r, width / r];
  reordered(b, [channels, h, r, w, r], [0, 2, 4, 1, 3], [channels * r ** 2, h, w]);
};

const channels: Translation = (b) => {
  const self = b.tensor('self');
  const groups = b.number('groups');
  const [count, ...rest] = b.lastSizes(self, b.rank(self) - 1);
  const cut = b.emit('Reshape', [self, b.integers([0, groups, count! / groups, ...rest])]);
  const perm = [0, 2, 1, ...rest.map((_, i) => i + 3)];
  b.finish('Reshape', [b.emit('Transpose', [cut], { perm }), b.integers([0, count!, ...rest])]);
};

export const windows: Translations = {
  'aten.im2col': columns,
  'aten.col2im': image,
  'aten.unfold': unfold,
  'aten.pixel_shuffle': shuffle,
  'aten.pixel_unshuffle': unshuffle,
  'aten.channel_shuffle': channels,
  'aten.native_channel_shuffle': channels,
};
