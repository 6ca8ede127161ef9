import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { defaultRequest } from '../../core/inspection/request.ts';
import type { Inspection } from '../../core/report/inspection.ts';
import { advance, type InspectionEvent } from '../../core/report/progress.ts';
import { WorkerClient, type WorkerOptions } from '../../core/worker/client.ts';
import type { Answer } from '../../core/worker/protocol.ts';
import { bundle, eventually, isRunning, type Bundles } from './worker-bundle.ts';
import { layer, someInspection } from './some-inspection.ts';

let bundles: Bundles;
beforeAll(async () => {
  bundles = await bundle('test/worker/fixtures/hostile-entry.ts', 'test/worker/fixtures/doomed-parent.ts');
});
afterAll(() => bundles.dispose());

const clients: WorkerClient[] = [];
afterEach(() => clients.splice(0).forEach((client) => client.dispose()));

const clientWith = (options: Partial<WorkerOptions> = {}): WorkerClient => {
  const entryFile = join(bundles.folder, 'hostile-entry.cjs');
  const client = new WorkerClient({
    entryFile,
    memoryLimitMB: 1024,
    idleSeconds: 60,
    log: () => undefined,
    ...options,
  });
  clients.push(client);
  return client;
};

interface Job {
  readonly answer: Promise<Answer<Inspection>>;
  readonly events: InspectionEvent[];
  /** The pid of the worker, once it has begun. */
  readonly begun: Promise<number>;
  /** Milliseconds until the answer. */
  cancel(): Promise<number>;
}

function ask(client: WorkerClient, deed: string): Job {
  const abort = new AbortController();
  const events: InspectionEvent[] = [];
  let begin: (pid: number) => void;
  const begun = new Promise<number>((resolve) => (begin = resolve));
  const onEvent = (event: InspectionEvent): void => {
    events.push(event);
    begin(client.pid!);
  };
  const answer = client.inspect(defaultRequest(deed), { signal: abort.signal, onEvent });
  const cancel = async (): Promise<number> => {
    const start = performance.now();
    abort.abort();
    await answer;
    return performance.now() - start;
  };
  return { answer, events, begun, cancel };
}

/** The promise is 300 ms, which the bench measures; here it only has to be at once and not after the computation. */
const promisedMs = 2000;

const cancelled = { err: { kind: 'cancelled' } };

test('a worker starts with the first call and answers each of them', async () => {
  const client = clientWith();
  expect(client.pid).toBeUndefined();
  const { answer, events } = ask(client, 'answer');
  expect(await answer).toEqual({ ok: someInspection });
  expect(events).toEqual([
    { kind: 'opened', inspection: someInspection },
    { kind: 'finished', inspection: someInspection },
  ]);
  const pid = client.pid!;
  expect(await client.render(someInspection, 'md')).toEqual({ ok: 'some.onnx as md' });
  expect(await client.verify(someInspection, 'a claim')).toMatchObject({ ok: { checks: [{ claim: 'a claim' }] } });
  expect(client.pid).toBe(pid);
});

test('failures are answers: a sentence for mistakes of the user, a stack for ours', async () => {
  const client = clientWith();
  expect(await ask(client, 'refuse').answer).toEqual({
    err: { kind: 'user', message: 'The file "x.onnx" is empty: choose another.' },
  });
  expect(await ask(client, 'stumble').answer).toMatchObject({
    err: {
      kind: 'internal',
      message: 'undefined is not a function',
      stack: expect.stringContaining('hostile-entry') as string,
    },
  });
});

test('what the worker prints goes to the log', async () => {
  let printed = '';
  await ask(clientWith({ log: (text) => (printed += text) }), 'speak').answer;
  expect(printed).toContain('a word on stdout');
  expect(printed).toContain('a word on stderr');
});

describe('cancelling', () => {
  test('a computation that listens ends within 300 ms and its worker stays warm', async () => {
    const client = clientWith();
    const job = ask(client, 'cooperate');
    const pid = await job.begun;
    expect(await job.cancel()).toBeLessThan(promisedMs);
    expect(await job.answer).toEqual(cancelled);
    await ask(client, 'answer').answer;
    expect(client.pid).toBe(pid);
  });

  test('a computation that holds the event loop dies, with an answer within 300 ms, and the next call gets a new worker', async () => {
    const client = clientWith();
    const job = ask(client, 'block');
    const pid = await job.begun;
    const latency = await job.cancel();
    expect(latency).toBeGreaterThan(150);
    expect(latency).toBeLessThan(promisedMs);
    expect(await job.answer).toEqual(cancelled);
    expect(job.events).toEqual([{ kind: 'opened', inspection: someInspection }]);
    expect(await eventually(() => !isRunning(pid))).toBe(true);
    expect(await ask(client, 'answer').answer).toEqual({ ok: someInspection });
    expect(client.pid).not.toBe(pid);
  });

  test('after the answer, cancelling does no harm', async () => {
    const client = clientWith();
    const job = ask(client, 'answer');
    const pid = await job.begun;
    await job.answer;
    await job.cancel();
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(isRunning(pid)).toBe(true);
  });

  test('a call that waits for its turn leaves the queue at once and disturbs nobody', async () => {
    const client = clientWith();
    const first = ask(client, 'linger');
    const second = ask(client, 'answer');
    const third = ask(client, 'answer');
    await first.begun;
    expect(await second.cancel()).toBeLessThan(100);
    expect(await second.answer).toEqual(cancelled);
    expect(second.events).toEqual([]);
    expect(third.events).toEqual([]);
    expect(await first.answer).toEqual({ ok: someInspection });
    expect(await third.answer).toEqual({ ok: someInspection });
  });

  test('a call that was cancelled before it was made starts nothing', async () => {
    const client = clientWith();
    expect(await client.verify(someInspection, 'x', AbortSignal.abort())).toEqual(cancelled);
    expect(client.pid).toBeUndefined();
  });
});

test('calls are answered in the order in which they came, one at a time', async () => {
  const client = clientWith();
  const order: string[] = [];
  const note = (name: string) => (): void => void order.push(name);
  await Promise.all([
    ask(client, 'linger').answer.then(note('linger')),
    client.render(someInspection, 'md').then(note('render')),
    ask(client, 'answer').answer.then(note('answer')),
  ]);
  expect(order).toEqual(['linger', 'render', 'answer']);
});

describe('a worker that dies', () => {
  for (const [deed, how] of [
    ['exit', 'exit code 9'],
    ['abort', 'signal SIGABRT'],
  ] as const) {
    test(`by ${how} costs one sentence, keeps what was found, and is replaced`, async () => {
      const client = clientWith();
      const sentences: string[] = [];
      client.onCrash((sentence) => sentences.push(sentence));
      const job = ask(client, deed);
      const message = `The process that computes ended unexpectedly (${how}): what was found until then is kept, and the next inspection starts it anew.`;
      expect(await job.answer).toEqual({ err: { kind: 'crashed', message } });
      expect(sentences).toEqual([message]);
      expect(job.events).toEqual([{ kind: 'opened', inspection: someInspection }]);
      expect(await ask(client, 'answer').answer).toEqual({ ok: someInspection });
    });
  }

  test('between two calls is replaced without a word', async () => {
    const client = clientWith();
    const sentences: string[] = [];
    client.onCrash((sentence) => sentences.push(sentence));
    const first = ask(client, 'answer');
    const pid = await first.begun;
    await first.answer;
    process.kill(pid, 'SIGKILL');
    await eventually(() => client.pid === undefined);
    expect(await ask(client, 'answer').answer).toEqual({ ok: someInspection });
    expect(sentences).toEqual([]);
  });

  test('because its script is missing says so instead of hanging', async () => {
    const client = clientWith({ entryFile: join(bundles.folder, 'missing.cjs') });
    expect(await ask(client, 'answer').answer).toMatchObject({ err: { kind: 'crashed' } });
  });
});

describe('the memory limit', () => {
  const message =
    'The computation needed more than 220 MB of memory and was stopped: what was found until then is kept; raise the memory limit in the settings to go further.';

  test.runIf(process.platform === 'linux')(
    'holds for tensors outside the heap, also while the event loop stands still',
    async () => {
      const client = clientWith({ memoryLimitMB: 220 });
      expect(await ask(client, 'eat tensors').answer).toEqual({ err: { kind: 'crashed', message } });
      expect(await ask(client, 'answer').answer).toEqual({ ok: someInspection });
    },
  );

  test('holds for the heap', async () => {
    expect(await ask(clientWith({ memoryLimitMB: 220 }), 'eat heap').answer).toEqual({
      err: { kind: 'crashed', message },
    });
  });
});

describe('no worker is left behind', () => {
  test('after it has been idle', async () => {
    const client = clientWith({ idleSeconds: 0.1 });
    const first = ask(client, 'answer');
    const pid = await first.begun;
    await first.answer;
    expect(isRunning(pid)).toBe(true);
    expect(await eventually(() => !isRunning(pid))).toBe(true);
    expect(await ask(client, 'answer').answer).toEqual({ ok: someInspection });
  });

  test('while it works it is never idle', async () => {
    expect(await ask(clientWith({ idleSeconds: 0.05 }), 'linger').answer).toEqual({ ok: someInspection });
  });

  test('when its client is disposed, and the calls under way are answered as cancelled', async () => {
    const client = clientWith();
    const running = ask(client, 'block');
    const waiting = ask(client, 'answer');
    const pid = await running.begun;
    client.dispose();
    expect(await Promise.all([running.answer, waiting.answer])).toEqual([cancelled, cancelled]);
    expect(await eventually(() => !isRunning(pid))).toBe(true);
    expect(await ask(client, 'answer').answer).toEqual(cancelled);
    expect(client.pid).toBeUndefined();
  });

  test('when its parent is killed', async () => {
    const parent = spawn(process.execPath, [
      join(bundles.folder, 'doomed-parent.cjs'),
      join(bundles.folder, 'hostile-entry.cjs'),
    ]);
    const pid = await new Promise<number>((resolve) =>
      parent.stdout.once('data', (chunk: Buffer) => resolve(Number(chunk.toString()))),
    );
    expect(isRunning(pid)).toBe(true);
    parent.kill('SIGKILL');
    expect(await eventually(() => !isRunning(pid))).toBe(true);
  });
});

test('8,000 steps arrive as some dozen events, every note among them, and end in the same picture', async () => {
  const { answer, events } = ask(clientWith(), 'babble');
  const start = performance.now();
  expect(await answer).toMatchObject({ err: { kind: 'user' } });
  const seconds = (performance.now() - start) / 1000;
  const count = (kind: InspectionEvent['kind']): number => events.filter((event) => event.kind === kind).length;
  expect(count('note')).toBe(100);
  expect(count('layers')).toBeLessThanOrEqual(20 * seconds + 2);
  expect(count('activity')).toBeLessThanOrEqual(20 * seconds + 2);
  const seen = events.reduce<Inspection | undefined>(advance, undefined);
  expect(seen?.layers).toEqual(Array.from({ length: 10 }, (_, i) => layer(`layer${i}`, 3990 + i)));
});
