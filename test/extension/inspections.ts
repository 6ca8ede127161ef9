import type { Inspection, LayerEntry } from '../../core/report/inspection.ts';

/** A finished inspection of these layers. */
export const inspectionOf = (layers: readonly LayerEntry[]): Inspection => ({
  format: 'lipschitz-inspection',
  version: 1,
  tool: { name: 'lipschitz-inspector', version: '0.1.0' },
  model: {
    file: 'net.onnx',
    sha256: '00',
    format: 'onnx',
    parameters: 9,
    inputs: [],
    outputs: [],
    input: 'x',
    output: 'y',
  },
  engine: { provider: 'cpu', threads: 1, runtime: 'native' },
  norm: 'l2',
  region: 'all',
  seconds: 1,
  layers,
  bounds: [],
  lipschitz: {},
  unsupported: [],
  notes: [],
});
