import { describe, expect, test } from 'vitest';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import type { InspectionEvent } from '../../core/report/progress.ts';
import type { Answer } from '../../core/worker/protocol.ts';
import { ModelInspection, type Change, type Inspector } from '../../extension/model-inspection.ts';
import { inspectionOf } from './inspections.ts';
import { dense } from './layers.ts';

const request = defaultRequest('/models/net.onnx');
const sentences = { opening: 'Opening', internal: (m: string) => `ours: ${m}`, deleted: (f: string) => `${f} is gone` };

/** A worker whose answers the test gives by hand. */
class Play implements Inspector {
  readonly runs: {
    tell: (event: InspectionEvent) => void;
    answer: (answer: Answer<Inspection>) => void;
    signal: AbortSignal;
  }[] = [];

  inspect(_: unknown, options: Parameters<Inspector['inspect']>[1]): Promise<Answer<Inspection>> {
    return new Promise((resolve) => {
      this.runs.push({ tell: options.onEvent, answer: resolve, signal: options.signal });
      options.signal.addEventListener('abort', () => resolve({ err: { kind: 'cancelled' } }));
    });
  }
}

function start(): { play: Play; model: ModelInspection; kinds: string[] } {
  const play = new Play();
  const model = new ModelInspection(request.file, play, sentences);
  const kinds: string[] = [];
  model.changes.listen((change: Change) => kinds.push(change.kind === 'state' ? change.state.kind : change.event.kind));
  return { play, model, kinds };
}

const partial = inspectionOf([dense(2, 3)]);
const whole = { ...partial, seconds: 2 };

describe('an inspection as the host keeps it', () => {
  test('goes from loading over running, event by event, to the worker’s answer', async () => {
    const { play, model, kinds } = start();
    const ended = model.run(request);
    const [run] = play.runs;
    run!.tell({ kind: 'activity', activity: 'Reading', fraction: 0 });
    run!.tell({ kind: 'opened', inspection: partial });
    run!.tell({ kind: 'note', note: 'a note' });
    run!.tell({ kind: 'activity', activity: 'Norms', fraction: 0.5 });
    expect(model.state).toMatchObject({ kind: 'running', activity: 'Norms', fraction: 0.5, file: 'net.onnx' });
    expect(model.inspection?.notes).toEqual(['a note']);
    run!.tell({ kind: 'finished', inspection: whole });
    run!.answer({ ok: whole });
    expect(await ended).toEqual({ kind: 'finished', file: 'net.onnx', inspection: whole });
    expect(kinds).toEqual(['loading', 'loading', 'running', 'note', 'activity', 'finished']);
  });

  test('keeps what was found when it is cancelled', async () => {
    const { play, model } = start();
    const ended = model.run(request);
    play.runs[0]!.tell({ kind: 'opened', inspection: partial });
    model.cancel();
    expect(await ended).toEqual({ kind: 'stopped', file: 'net.onnx', inspection: partial });
    expect(model.isRunning).toBe(false);
  });

  test('keeps what was found when the worker dies, and offers a restart', async () => {
    const { play, model } = start();
    const ended = model.run(request);
    play.runs[0]!.tell({ kind: 'opened', inspection: partial });
    play.runs[0]!.answer({ err: { kind: 'crashed', message: 'It died.' } });
    expect(await ended).toMatchObject({ kind: 'failed', message: 'It died.', action: 'restart', inspection: partial });
  });

  test('says whose mistake it was', async () => {
    const { play, model } = start();
    const first = model.run(request);
    play.runs[0]!.answer({ err: { kind: 'user', message: 'net.onnx is empty.' } });
    expect(await first).toMatchObject({ kind: 'failed', message: 'net.onnx is empty.', action: 'retry' });
    const second = model.run(request);
    play.runs[1]!.answer({ err: { kind: 'internal', message: 'x is undefined', stack: '' } });
    expect(await second).toMatchObject({ kind: 'failed', message: 'ours: x is undefined' });
  });

  test('a new run takes over from the one before, whose late events count no more', async () => {
    const { play, model } = start();
    const first = model.run(request);
    const second = model.run(request);
    expect(play.runs[0]!.signal.aborted).toBe(true);
    play.runs[0]!.tell({ kind: 'opened', inspection: { ...partial, seconds: 99 } });
    expect(model.inspection).toBeUndefined();
    await first;
    expect(model.isRunning).toBe(true);
    play.runs[1]!.answer({ ok: whole });
    expect(await second).toMatchObject({ kind: 'finished', inspection: whole });
  });

  test('is stale when the file changes and failed when it goes, with the numbers still there', () => {
    const { model } = start();
    model.markStale();
    expect(model.state.kind).toBe('stopped');
    model.restore(whole);
    model.markStale();
    expect(model.state).toEqual({ kind: 'stale', file: 'net.onnx', inspection: whole });
    model.markDeleted();
    expect(model.state).toMatchObject({ kind: 'failed', message: 'net.onnx is gone', inspection: whole });
  });

  test('a file that goes while it is inspected ends the run', async () => {
    const { play, model } = start();
    const ended = model.run(request);
    play.runs[0]!.tell({ kind: 'opened', inspection: partial });
    model.markDeleted();
    await ended;
    expect(model.state).toMatchObject({ kind: 'failed', message: 'net.onnx is gone', inspection: partial });
    expect(model.isRunning).toBe(false);
  });
});
