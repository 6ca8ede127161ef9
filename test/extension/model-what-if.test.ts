import { expect, test } from 'vitest';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { Answer, WhatIfAnswer } from '../../core/worker/protocol.ts';
import { ModelWhatIf, type WeightChanger } from '../../extension/model-what-if.ts';
import { blank } from '../report/fixtures/inspection.ts';
import { someWhatIf } from '../report/fixtures/what-if.ts';

/** A worker whose answers the test gives by hand. */
class Play implements WeightChanger {
  readonly answers: ((answer: Answer<WhatIfAnswer>) => void)[] = [];

  whatIf(_: unknown, signal: AbortSignal): Promise<Answer<WhatIfAnswer>> {
    return new Promise((resolve) => {
      this.answers.push(resolve);
      signal.addEventListener('abort', () => resolve({ err: { kind: 'cancelled' } }));
    });
  }
}

const request = {
  inspection: defaultRequest('/models/net.onnx'),
  changes: [{ kind: 'spectral', limit: 1 }],
} as const;
const model = Uint8Array.of(1, 2, 3);

test('a change that was tried has a report and a model to be saved, until the file is another one', async () => {
  const play = new Play();
  const own = new ModelWhatIf(play, (message) => `ours: ${message}`);
  const ended = own.try(request);
  expect(own.state).toEqual({ kind: 'running' });
  play.answers[0]!({ ok: { report: someWhatIf, model } });
  await ended;
  expect(own.state).toEqual({ kind: 'finished', report: someWhatIf });
  expect(own.model).toBe(model);
  own.forget();
  expect(own.state).toEqual({ kind: 'none' });
  expect(own.model).toBeUndefined();
});

test('the model as it is has at least the interval that the panel already shows', async () => {
  const play = new Play();
  const own = new ModelWhatIf(play, (message) => `ours: ${message}`);
  const upper = { value: 12, method: 'seqlip', rigor: 'certified' } as const;
  const ended = own.try(request, {
    ...blank,
    model: { ...blank.model, file: someWhatIf.model },
    lipschitz: { l2: { lower: someWhatIf.before.lower, upper } },
  });
  play.answers[0]!({ ok: { report: someWhatIf, model } });
  await ended;
  expect(own.state).toMatchObject({ kind: 'finished', report: { before: { upper } } });
});

test('an answer that comes after another change was asked for, or another file, is not shown', async () => {
  const play = new Play();
  const own = new ModelWhatIf(play, (message) => `ours: ${message}`);
  const first = own.try(request);
  const second = own.try(request);
  await first;
  expect(own.state).toEqual({ kind: 'running' });
  own.forget();
  await second;
  expect(own.state).toEqual({ kind: 'none' });
});

test('says in a sentence what stands in its way, and that it was cancelled', async () => {
  const play = new Play();
  const own = new ModelWhatIf(play, (message) => `ours: ${message}`);
  const failed = own.try(request);
  play.answers[0]!({ err: { kind: 'user', message: 'net.h5 is not an ONNX file.' } });
  await failed;
  expect(own.state).toEqual({ kind: 'failed', message: 'net.h5 is not an ONNX file.' });
  const ours = own.try(request);
  play.answers[1]!({ err: { kind: 'internal', message: 'oops', stack: '' } });
  await ours;
  expect(own.state).toEqual({ kind: 'failed', message: 'ours: oops' });
  const cancelled = own.try(request);
  own.cancel();
  await cancelled;
  expect(own.state).toEqual({ kind: 'stopped' });
});
