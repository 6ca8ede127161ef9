import { expect, test } from 'vitest';
import { renamed } from '../../extension/renamed-path.ts';

test('a path follows the rename of its file and of its folders, and nothing else', () => {
  const moves = [
    { from: '/w/nets/a.py', to: '/w/nets/b.py' },
    { from: '/w/models', to: '/w/checkpoints/old' },
  ];
  expect(renamed('/w/nets/a.py', moves)).toBe('/w/nets/b.py');
  expect(renamed('/w/models/run/net.onnx', moves)).toBe('/w/checkpoints/old/run/net.onnx');
  expect(renamed('/w/models-2/net.onnx', moves)).toBe('/w/models-2/net.onnx');
  expect(renamed('C:\\w\\a\\net.onnx', [{ from: 'C:\\w\\a', to: 'C:\\w\\b' }])).toBe('C:\\w\\b\\net.onnx');
});
