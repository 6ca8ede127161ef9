import { NotUnderstood, type Builder } from '../builder.ts';
import type { Translation, Translations } from './translation.ts';

/** Pairs of paddings, from the last axis on. */
function pad(b: Builder, mode: 'constant' | 'reflect' | 'edge' | 'wrap', name: string): void {
  const self = b.tensor('self');
  const given = b.numbers(name);
  const rank = b.rank(self);
  if (given.length % 2 !== 0 || given.length > 2 * rank)
    throw new NotUnderstood('its paddings are no pairs for the axes of its input');
  const sides = [new Array<number>(rank).fill(0), new Array<number>(rank).fill(0)] as const;
  for (let i = 0; i < given.length; i += 2) {
    sides[0][rank - 1 - i / 2] = given[i]!;
    sides[1][rank - 1 - i / 2] = given[i + 1]!;
  }
  const pads = b.integers([...sides[0], ...sides[1]]);
  const value = mode === 'constant' ? b.number('value', 0) : 0;
  b.finish('Pad', value === 0 ? [self, pads] : [self, pads, b.scalar(value, b.typeOf(self))], { mode });
}

const padModes = { constant: 'constant', reflect: 'reflect', replicate: 'edge', circular: 'wrap' } as const;

const anyPad: Translation = (b) => {
  const mode = b.argument('mode') ?? 'constant';
  if (mode === 'constant' || mode === 'reflect' || mode === 'replicate' || mode === 'circular')
    pad(b, padModes[mode], 'pad');
  else throw new NotUnderstood('its mode of padding is not known');
};

const padded =
  (mode: 'constant' | 'reflect' | 'edge', name: string): Translation =>
  (b) =>
    pad(b, mode, name);

export const margins: Translations = {
  'aten.pad': anyPad,
  'aten.constant_pad_nd': padded('constant', 'pad'),
  'aten.reflection_pad1d': padded('reflect', 'padding'),
  'aten.reflection_pad2d': padded('reflect', 'padding'),
  'aten.reflection_pad3d': padded('reflect', 'padding'),
  'aten.replication_pad1d': padded('edge', 'padding'),
  'aten.replication_pad2d': padded('edge', 'padding'),
  'aten.replication_pad3d': padded('edge', 'padding'),
};
