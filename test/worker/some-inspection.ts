import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';

export const layer = (id: string, upper: number): LayerEntry => ({
  id,
  name: id,
  op: 'Gemm',
  kind: 'dense',
  inputShape: [2],
  outputShape: [2],
  parameters: 6,
  norms: { l2: { lower: upper / 2, upper, rigor: 'certified', method: 'svd' } },
  share: null,
});

/** Any inspection will do where only its transport and storage are tested. */
export const someInspection: Inspection = {
  format: 'lipschitz-inspection',
  version: 1,
  tool: { name: 'lipschitz-inspector', version: '0.0.0' },
  model: {
    file: 'some.onnx',
    sha256: '0'.repeat(64),
    format: 'onnx',
    parameters: 60,
    inputs: [{ name: 'x', shape: ['n', 2], type: 'float32' }],
    outputs: [{ name: 'y', shape: ['n', 2], type: 'float32' }],
    input: 'x',
    output: 'y',
  },
  engine: { provider: 'cpu', threads: 1, runtime: 'native' },
  norm: 'l2',
  region: 'all',
  seconds: 0.25,
  layers: Array.from({ length: 10 }, (_, i) => layer(`layer${i}`, 0.1 + i / 3)),
  bounds: [],
  lipschitz: {
    l2: {
      lower: { value: 1 / 3, method: 'sampled', rigor: 'certified', witness: { x: [0.1, 0.2], y: [0.3, 1e-300] } },
      upper: {
        value: 1.7976931348623157e308,
        method: 'product',
        rigor: 'certified',
        certificate: { kind: 'product', layers: { layer0: 0.1 } },
      },
    },
  },
  unsupported: [],
  notes: ['Umlaute, “quotes” and 漢字 survive.'],
};
