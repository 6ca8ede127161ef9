/** Operators of ATen that are known and have no fixed map, or none that ONNX can say: why, in the words of the report. */
export const reasons: readonly { readonly ops: readonly string[]; readonly reason: string }[] = [
  {
    ops: [
      '_adaptive_avg_pool2d_backward',
      '_adaptive_avg_pool3d_backward',
      'avg_pool2d_backward',
      'convolution_backward',
      'embedding_dense_backward',
      'max_pool2d_with_indices_backward',
      'native_group_norm_backward',
      'native_layer_norm_backward',
    ],
    reason: 'it is the gradient of a layer, which is computed in training only',
  },
  {
    ops: [
      'rand',
      'rand_like',
      'randn',
      'randn_like',
      'randint',
      'randperm',
      'bernoulli',
      'multinomial',
      'normal',
      'uniform',
      'fractional_max_pool2d',
      'fractional_max_pool3d',
    ],
    reason: 'it draws at random',
  },
  { ops: ['_fft_c2c', '_fft_c2r', '_fft_r2c', 'fft_fft', 'fft_ifft', 'fft_rfft', 'fft_irfft', 'fft_fft2', 'fft_ifft2', 'fft_rfft2', 'fft_irfft2', 'stft', 'istft', 'view_as_complex', 'view_as_real', 'complex', 'polar', 'real', 'imag'], reason: 'it works on complex numbers, which are not read' }, // prettier-ignore
  {
    ops: [
      'nonzero',
      'masked_select',
      'unique',
      '_unique2',
      'unique_consecutive',
      'masked_scatter',
      'bincount',
      'histc',
    ],
    reason: 'the number or the choice of its results jumps with its input',
  },
  {
    ops: ['bucketize', 'searchsorted'],
    reason: 'it counts how many limits lie below its input, which jumps, so a network through it is not Lipschitz',
  },
  {
    ops: ['mode', 'nanmedian', 'nanquantile'],
    reason: 'it counts equal numbers, or those that are no numbers, so its result jumps',
  },
  {
    ops: ['_local_scalar_dense', 'item'],
    reason: 'it makes a number of Python out of a tensor, on which the course of the program depends',
  },
  {
    ops: ['_embedding_bag', '_embedding_bag_forward_only', 'embedding_bag', 'embedding_renorm'],
    reason: 'it sums up bags of rows whose limits are data: use nn.Embedding and a sum over an axis',
  },
  {
    ops: ['linalg_inv', 'linalg_inv_ex', 'inverse', 'linalg_pinv', 'linalg_solve', '_linalg_solve_ex', 'linalg_det', 'det', '_linalg_det', 'linalg_slogdet', '_linalg_slogdet', 'logdet', 'linalg_cholesky', 'linalg_cholesky_ex', 'cholesky', 'linalg_qr', 'linalg_svd', '_linalg_svd', 'linalg_svdvals', 'linalg_eigh', '_linalg_eigh', 'linalg_eig', 'linalg_matrix_exp', 'linalg_lstsq', 'linalg_lu_factor', 'linalg_lu_factor_ex', 'linalg_solve_triangular', 'triangular_solve', 'matrix_exp'], reason: 'it decomposes or inverts a matrix, for which ONNX has no operator; where it acts on weights alone, compute it before exporting (as torch.nn.utils.parametrize.remove_parametrizations does)' }, // prettier-ignore
  {
    ops: ['lgamma', 'digamma', 'polygamma', 'erfinv', 'igamma', 'igammac', 'special_erfcx', 'special_i0', 'special_i0e', 'special_i1', 'special_i1e', 'special_bessel_j0', 'special_bessel_j1', 'special_zeta', 'special_ndtri', 'i0'], reason: 'it is a function that ONNX has no operator for' }, // prettier-ignore
  {
    ops: ['resize', 'sym_is_contiguous', 'sym_stride', 'sym_storage_offset', 'set'],
    reason: 'it is about how a tensor lies in memory, which values do not show',
  },
  {
    ops: ['quantize_per_tensor', 'quantize_per_channel', 'dequantize'], reason: 'it works on tensors of quantised types: quantise the exported program instead (prepare_pt2e, convert_pt2e), or export the model before it is quantised' }, // prettier-ignore
  { ops: ['ctc_loss', '_ctc_loss', 'cross_entropy_loss', 'nll_loss', 'nll_loss_forward', 'nll_loss2d_forward'], reason: 'it is a loss, which is computed in training only' }, // prettier-ignore
];

const reasonsByOp = new Map(reasons.flatMap(({ ops, reason }) => ops.map((op) => [op, reason] as const)));

/** Why a call that no table has is not understood: '' where nothing more is known of it. */
export function reasonOf(target: string): string {
  const name = target.replace(/^aten\./u, '').replace(/(?<=[a-z\d])_$/u, '');
  if (target.startsWith('higher_order.')) return 'it calls graphs in a way that is not read';
  return reasonsByOp.get(name) ?? '';
}
