/**
 * Masking and Embedding(mask_zero=True) mark steps, and Keras hands the marks on beside the tensors until a layer uses them. Where none
 * does, the model computes what it would without them. A layer that does skips steps by a comparison with its input, which jumps.
 */
const using: ReadonlySet<string> = new Set([
  ...['RNN', 'SimpleRNN', 'LSTM', 'GRU', 'CuDNNLSTM', 'CuDNNGRU', 'ConvLSTM1D', 'ConvLSTM2D', 'ConvLSTM3D'],
  ...['Bidirectional', 'TimeDistributed', 'SpectralNormalization', 'Pipeline'],
  ...['Attention', 'AdditiveAttention', 'MultiHeadAttention', 'GroupQueryAttention', 'GroupedQueryAttention'],
  ...['GlobalAveragePooling1D', 'GlobalAvgPool1D', 'Softmax'],
]);

/** Layers that do not hand marks on, whatever comes after them. All others may. */
const ending: ReadonlySet<string> = new Set([
  ...['Flatten', 'Reshape', 'Permute', 'RepeatVector', 'Dot'],
  ...['Conv1D', 'Conv2D', 'Conv3D', 'SeparableConv1D', 'SeparableConv2D', 'DepthwiseConv1D', 'DepthwiseConv2D'],
  ...['MaxPooling1D', 'AveragePooling1D', 'GlobalMaxPooling1D', 'GlobalMaxPool1D', 'MaxPool1D', 'AvgPool1D'],
  ...['MaxPooling2D', 'AveragePooling2D', 'GlobalMaxPooling2D', 'GlobalAveragePooling2D'],
]);

export const usesMarks = (className: string): boolean => using.has(className);
export const endsMarks = (className: string): boolean => ending.has(className);
