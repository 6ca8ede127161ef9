import { expect, test } from 'vitest';
import { orderCheckpoints } from '../../../core/inspection/training/checkpoint-order.ts';

/** Written one second after the other, in the order in which they are given. */
const ordered = (...names: readonly string[]): { order: string; files: string[]; steps: (number | null)[] } => {
  const files = names.map((name, i) => ({ path: `/run/${name}`, name, modifiedMs: 1000 * i }));
  const { order, checkpoints } = orderCheckpoints(files);
  return { order, files: checkpoints.map(({ name }) => name), steps: checkpoints.map(({ step }) => step) };
};

test.each([
  ['plain numbers, as numbers and not as text', ['ckpt_1000.pt', 'ckpt_50.pt', 'ckpt_200.pt'], 'number', [50, 200, 1000]],
  ['steps of PyTorch Lightning, though epochs are there too', ['epoch=1-step=200.ckpt', 'epoch=0-step=100.ckpt', 'epoch=1-step=150.ckpt'], 'step', [100, 150, 200]],
  ['folders of Hugging Face', ['checkpoint-500/model.safetensors', 'checkpoint-1000/model.safetensors'], 'number', [500, 1000]],
  ['epochs of Keras, whatever the validation loss', ['weights.epoch02-val_loss0.31.h5', 'weights.epoch10-val_loss0.12.h5', 'weights.epoch01-val_loss0.90.h5'], 'epoch', [1, 2, 10]],
  ['a number that all share says nothing', ['resnet50_e3.pt', 'resnet50_e12.pt', 'resnet50_e1.pt'], 'epoch', [1, 3, 12]],
  ['training steps with words between', ['model_iter_000100.pth', 'model_iter_000020.pth'], 'step', [20, 100]],
])('%s', (_, names, order, steps) => {
  const found = ordered(...names);
  expect(found.order).toBe(order);
  expect(found.steps).toEqual(steps);
}); // prettier-ignore

test('files without the number come after the others, by time', () => {
  expect(ordered('last.pt', 'step-20.pt', 'best.pt', 'step-3.pt').files).toEqual(['step-3.pt', 'step-20.pt', 'last.pt', 'best.pt']); // prettier-ignore
});

test('names without numbers are sorted by the time when they were written', () => {
  expect(ordered('zeta.onnx', 'alpha.onnx')).toEqual({ order: 'time', files: ['zeta.onnx', 'alpha.onnx'], steps: [null, null] }); // prettier-ignore
});
