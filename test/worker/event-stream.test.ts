import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Inspection } from '../../core/report/inspection.ts';
import { advance, type InspectionEvent } from '../../core/report/progress.ts';
import { EventStream } from '../../core/worker/event-stream.ts';
import { layer, someInspection } from './some-inspection.ts';

const after = (events: readonly InspectionEvent[]): Inspection | undefined =>
  events.reduce<Inspection | undefined>(advance, undefined);

const number = fc.integer({ min: 0, max: 1000 });
const anyEvent: fc.Arbitrary<InspectionEvent> = fc.oneof(
  fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), number), { maxLength: 3 }).map((layers) => ({
    kind: 'layers' as const,
    layers: layers.map(([i, upper]) => layer(`layer${i}`, upper)),
  })),
  number.map((value) => ({
    kind: 'bound' as const,
    bound: { side: 'lower', norm: 'l2', region: 'all', method: 'm', value, rigor: 'certified', seconds: 1 } as const,
    norm: 'l2' as const,
    best: someInspection.lipschitz.l2!,
  })),
  number.map((i) => ({ kind: 'note' as const, note: `${i}` })),
  number.map((i) => ({ kind: 'activity' as const, activity: `${i}`, fraction: i / 1000 })),
);

test('thinning out never changes the picture that the events add up to', () => {
  fc.assert(
    fc.property(fc.array(anyEvent, { maxLength: 40 }), fc.boolean(), (some, finishes) => {
      const events: InspectionEvent[] = [{ kind: 'opened', inspection: someInspection }, ...some];
      if (finishes) events.push({ kind: 'finished', inspection: after(events)! });
      const sent: InspectionEvent[] = [];
      const stream = new EventStream((event) => sent.push(event));
      for (const event of events) stream.push(event);
      stream.flush();
      expect(after(sent)).toEqual(after(events));
      expect(sent.length).toBeLessThanOrEqual(events.length + 1);
      const kept = (all: readonly InspectionEvent[]): InspectionEvent[] =>
        all.filter(({ kind }) => kind !== 'layers' && kind !== 'activity');
      expect(kept(sent)).toEqual(kept(events));
      if (finishes) expect(sent.at(-1)?.kind).toBe('finished');
    }),
  );
});

test('what waits is sent by itself after a moment', async () => {
  const sent: InspectionEvent[] = [];
  const stream = new EventStream((event) => sent.push(event));
  stream.push({ kind: 'activity', activity: 'a', fraction: 0 });
  stream.push({ kind: 'activity', activity: 'b', fraction: 0 });
  stream.push({ kind: 'activity', activity: 'c', fraction: 0 });
  expect(sent).toMatchObject([{ activity: 'a' }]);
  await expect.poll(() => sent).toMatchObject([{ activity: 'a' }, { activity: 'c' }]);
});
