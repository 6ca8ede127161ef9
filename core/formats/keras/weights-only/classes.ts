/** What the variables of a class of Keras are, in the order in which it makes them. */
export interface KnownClass {
  readonly kind:
    | 'dense'
    | 'embedding'
    | 'conv'
    | 'transposed'
    | 'depthwise'
    | 'separable'
    | 'batch norm'
    | 'normalisation'
    | 'einsum'
    | 'recurrent'
    | 'conv recurrent'
    | 'wrapper';
  /** Of its kernel. */
  readonly rank?: number;
}

const spatial = (make: (axes: number) => readonly [string, KnownClass]): readonly (readonly [string, KnownClass])[] =>
  [1, 2, 3].map(make);

const classes: ReadonlyMap<string, KnownClass> = new Map<string, KnownClass>([
  ['dense', { kind: 'dense', rank: 2 }],
  ['einsum_dense', { kind: 'einsum' }],
  ['embedding', { kind: 'embedding', rank: 2 }],
  ...spatial((axes) => [`conv${axes}d`, { kind: 'conv', rank: axes + 2 }]),
  ...spatial((axes) => [`conv${axes}d_transpose`, { kind: 'transposed', rank: axes + 2 }]),
  ...spatial((axes) => [`depthwise_conv${axes}d`, { kind: 'depthwise', rank: axes + 2 }]),
  ...spatial((axes) => [`separable_conv${axes}d`, { kind: 'separable', rank: axes + 2 }]),
  ['batch_normalization', { kind: 'batch norm' }],
  ['sync_batch_normalization', { kind: 'batch norm' }],
  ['layer_normalization', { kind: 'normalisation' }],
  ['group_normalization', { kind: 'normalisation' }],
  ['rms_normalization', { kind: 'normalisation' }],
  ['normalization', { kind: 'normalisation' }],
  ['lstm_cell', { kind: 'recurrent', rank: 2 }],
  ['gru_cell', { kind: 'recurrent', rank: 2 }],
  ['simple_rnn_cell', { kind: 'recurrent', rank: 2 }],
  ['conv_lstm_cell', { kind: 'conv recurrent' }],
  ['conv_lstm2d_cell', { kind: 'conv recurrent', rank: 4 }],
  ['spectral_normalization', { kind: 'wrapper' }],
] as const);

/** "conv2d_3" is the fourth Conv2D that nobody named. */
export const classOfName = (name: string): string | undefined => {
  const base = name.replace(/_\d+$/u, '');
  return classes.has(base) ? base : undefined;
};

export const knownClass = (className: string | undefined): KnownClass | undefined =>
  className === undefined ? undefined : classes.get(className);
