import { describe, expect, test } from 'vitest';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import type { InspectionEvent } from '../../core/report/progress.ts';
import type { Answer } from '../../core/worker/protocol.ts';
import { ModelComparison } from '../../extension/model-comparison.ts';
import type { Inspector } from '../../extension/model-inspection.ts';
import { blank, certified, layer } from '../report/fixtures/inspection.ts';

/** A worker whose answers the test gives by hand. */
class Play implements Inspector {
  readonly runs: { tell: (event: InspectionEvent) => void; answer: (answer: Answer<Inspection>) => void }[] = [];

  inspect(_: unknown, options: Parameters<Inspector['inspect']>[1]): Promise<Answer<Inspection>> {
    return new Promise((resolve) => {
      this.runs.push({ tell: options.onEvent, answer: resolve });
      options.signal.addEventListener('abort', () => resolve({ err: { kind: 'cancelled' } }));
    });
  }
}

const network = (file: string, value: number): Inspection => ({
  ...blank,
  model: { ...blank.model, file },
  layers: [layer('fc', certified(value, value, 'x'))],
  lipschitz: {
    l2: {
      lower: { value, method: 'exact', rigor: 'certified' },
      upper: { value, method: 'exact', rigor: 'certified' },
    },
  },
});

const start = (): { play: Play; comparison: ModelComparison } => {
  const play = new Play();
  return { play, comparison: new ModelComparison(play, (message) => `ours: ${message}`) };
};
const request = defaultRequest('/models/old.onnx');

describe('a comparison as the host keeps it', () => {
  test('waits for both models, whichever is known first', async () => {
    for (const ownFirst of [true, false]) {
      const { play, comparison } = start();
      if (ownFirst) comparison.take(network('new.onnx', 3));
      const ended = comparison.with(request, 'before');
      expect(comparison.state).toMatchObject({ kind: 'running', comparison: undefined });
      play.runs[0]!.answer({ ok: network('old.onnx', 2) });
      await ended;
      comparison.take(network('new.onnx', 3));
      expect(comparison.state).toMatchObject({
        kind: 'finished',
        comparison: { before: { file: 'old.onnx' }, after: { file: 'new.onnx' }, network: { change: 'rougher' } },
      });
    }
  });

  test('is made anew when the model has other numbers, and turned round by a swap', async () => {
    const { play, comparison } = start();
    comparison.take(network('new.onnx', 3));
    const ended = comparison.with(request, 'before');
    play.runs[0]!.answer({ ok: network('old.onnx', 2) });
    await ended;
    comparison.take(network('new.onnx', 1));
    expect(comparison.state).toMatchObject({ comparison: { network: { change: 'smoother' } } });
    comparison.swap();
    expect(comparison.state).toMatchObject({ comparison: { after: { file: 'old.onnx' }, network: { change: 'rougher' } } }); // prettier-ignore
  });

  test('says in a sentence what stands in its way, and that it was cancelled', async () => {
    const { play, comparison } = start();
    comparison.take(network('new.onnx', 3));
    const failed = comparison.with(request, 'before');
    play.runs[0]!.answer({ err: { kind: 'user', message: 'old.onnx is cut short.' } });
    await failed;
    expect(comparison.state).toMatchObject({ kind: 'failed', message: 'old.onnx is cut short.' });
    const other = comparison.with(request);
    play.runs[1]!.answer({ ok: { ...network('old.onnx', 2), norm: 'l1' } });
    await other;
    expect('message' in comparison.state ? comparison.state.message : '').toContain('Two different questions');
    const stopped = comparison.with(request);
    comparison.cancel();
    await stopped;
    expect(comparison.state).toMatchObject({ kind: 'stopped' });
  });

  test('of two in a row only the second is heard', async () => {
    const { play, comparison } = start();
    comparison.take(network('new.onnx', 3));
    const first = comparison.with(request, 'before');
    const second = comparison.with(defaultRequest('/models/older.onnx'), 'before');
    play.runs[0]!.tell({ kind: 'opened', inspection: network('old.onnx', 2) });
    await first;
    play.runs[1]!.answer({ ok: network('older.onnx', 1) });
    await second;
    expect(comparison.state).toMatchObject({ kind: 'finished', comparison: { before: { file: 'older.onnx' } } });
  });
});
