import { describe, expect, test } from 'vitest';
import { defaultMapRequest } from '../../core/inspection/map-request.ts';
import type { LipschitzMap } from '../../core/report/map.ts';
import type { MapEvent } from '../../core/report/map-progress.ts';
import type { Answer } from '../../core/worker/protocol.ts';
import { ModelMap, type MapMaker } from '../../extension/model-map.ts';
import { ringMap } from '../report/fixtures/ring-map.ts';

const request = defaultMapRequest('/models/net.onnx');

/** A worker whose answers the test gives by hand. */
class Play implements MapMaker {
  readonly pin = (): ReturnType<MapMaker['pin']> => Promise.resolve({ err: { kind: 'cancelled' } });
  readonly runs: { tell: (event: MapEvent) => void; answer: (answer: Answer<LipschitzMap>) => void }[] = [];

  map(_: unknown, options: Parameters<MapMaker['map']>[1]): Promise<Answer<LipschitzMap>> {
    return new Promise((resolve) => {
      this.runs.push({ tell: options.onEvent, answer: resolve });
      options.signal.addEventListener('abort', () => resolve({ err: { kind: 'cancelled' } }));
    });
  }
}

function start(): { play: Play; map: ModelMap; kinds: string[] } {
  const play = new Play();
  const map = new ModelMap(play, (message) => `ours: ${message}`);
  const kinds: string[] = [];
  map.changes.listen((change) => kinds.push(change.kind === 'map' ? change.state.kind : change.event.kind));
  return { play, map, kinds };
}

describe('a map as the host keeps it', () => {
  test('grows tile by tile to the worker’s answer', async () => {
    const { play, map, kinds } = start();
    const ended = map.draw(request);
    const whole = ringMap(4, 4);
    play.runs[0]!.tell({ kind: 'opened', map: ringMap(4, 4, 0) });
    play.runs[0]!.tell({
      kind: 'tile',
      tile: { row: 0, column: 0, rows: 4, columns: 4, cells: whole.cells, stage: 'done' },
    });
    expect(map.state).toMatchObject({ kind: 'running', map: { done: 16 } });
    play.runs[0]!.answer({ ok: whole });
    await ended;
    expect(map.state).toEqual({ kind: 'finished', map: whole });
    expect(kinds).toEqual(['running', 'opened', 'tile', 'finished']);
  });

  test('keeps the cells that were done when it is cancelled, and says so', async () => {
    const { play, map } = start();
    const ended = map.draw(request);
    play.runs[0]!.tell({ kind: 'opened', map: ringMap(4, 4, 2) });
    map.cancel();
    await ended;
    expect(map.state).toMatchObject({ kind: 'stopped', map: { done: 8 } });
  });

  test('a new map takes over: what the old one still says is not heard', async () => {
    const { play, map } = start();
    const first = map.draw(request);
    const second = map.draw(request);
    await first;
    play.runs[0]!.tell({ kind: 'opened', map: ringMap(2, 2) });
    expect(map.state).toMatchObject({ kind: 'running', map: undefined });
    play.runs[1]!.answer({ ok: ringMap(4, 4) });
    await second;
    expect(map.state.kind).toBe('finished');
  });

  test('failures are sentences, ours named as ours, with the cells that stand', async () => {
    const { play, map } = start();
    const ended = map.draw(request);
    play.runs[0]!.answer({ err: { kind: 'user', message: 'There is no such axis.' } });
    await ended;
    expect(map.state).toEqual({ kind: 'failed', message: 'There is no such axis.', map: undefined });
    const again = map.draw(request);
    play.runs[1]!.answer({ err: { kind: 'internal', message: 'oops', stack: '' } });
    await again;
    expect(map.state).toMatchObject({ message: 'ours: oops' });
  });

  test('is forgotten when the file has changed', async () => {
    const { play, map } = start();
    const ended = map.draw(request);
    play.runs[0]!.answer({ ok: ringMap(2, 2) });
    await ended;
    map.forget();
    expect(map.state).toEqual({ kind: 'none' });
  });
});
