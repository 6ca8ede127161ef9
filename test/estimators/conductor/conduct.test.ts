import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Bound } from '../../../core/bound.ts';
import { Cancelled, type Work } from '../../../core/compute/work.ts';
import { conduct, type Movement } from '../../../core/estimators/conductor/conduct.ts';
import type { BoundMethod, BoundQuestion } from '../../../core/estimators/conductor/method.ts';
import { networkOf } from '../../operators/small-networks.ts';
import { workOf } from '../norms/small-maps.ts';

const network = networkOf({ input: [1, 2], nodes: [{ op: 'Relu', inputs: ['x'] }] });
const question: BoundQuestion = {
  runnable: network,
  analysed: network,
  input: 'x',
  output: 'y',
  norm: 'l2',
  region: { kind: 'all' },
  rules: new Map(),
  constantOf: () => 1,
};

const upper = (value: number): Bound => ({ side: 'upper', rigor: 'numerical', value, method: 'm' });

/** A method that computes for `each` milliseconds between the values it says. */
const method = (
  name: string,
  values: (work: Work) => AsyncGenerator<number>,
  open = new Set<string>(),
): BoundMethod => ({
  name,
  activity: name,
  pace: 'patient',
  applies: () => true,
  async *run(_question, work) {
    open.add(name);
    try {
      for await (const value of values(work)) yield upper(value);
    } finally {
      open.delete(name);
    }
  },
});

/** The clock of these tests goes on by what the methods compute, however busy the machine is. */
let clock = 0;

beforeEach(() => {
  clock = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => clock);
});

afterEach(() => {
  vi.restoreAllMocks();
});

async function compute(work: Work, milliseconds: number): Promise<void> {
  const end = clock + milliseconds;
  while (clock < end && work.remainingSeconds() > 0) {
    clock++;
    await work.breathe();
  }
}

interface Played {
  readonly moves: readonly Movement[];
  readonly best: number;
}

async function play(
  methods: readonly BoundMethod[],
  work: Work,
  isClosed = (best: number) => best <= 0,
): Promise<Played> {
  const moves: Movement[] = [];
  let best = 100;
  const audience = { standing: () => ({ lower: 0, upper: best }), isClosed: () => isClosed(best) };
  for await (const move of conduct(methods, question, work, audience)) {
    moves.push(move);
    if (move.kind === 'bound') best = Math.min(best, move.bound.value);
  }
  return { moves, best };
}

describe('methods that share the budget', () => {
  it('all come to their end, and the best of their values arrives', async () => {
    const descend = (values: readonly number[]) =>
      async function* (work: Work) {
        for (const value of values) {
          await compute(work, 20);
          yield value;
        }
      };
    const { moves, best } = await play([method('a', descend([9, 8, 7])), method('b', descend([5, 4]))], workOf(30));
    expect(best).toBe(4);
    expect(moves.filter(({ kind }) => kind === 'turn').length).toBeGreaterThanOrEqual(2);
  });

  it('are not starved by one that says nothing and never ends', async () => {
    async function* silent(work: Work): AsyncGenerator<number> {
      while (work.remainingSeconds() > 0) await compute(work, 30);
      yield 50;
    }
    async function* brief(work: Work): AsyncGenerator<number> {
      await compute(work, 150);
      yield 3;
    }
    const { best, moves } = await play([method('silent', silent), method('brief', brief)], workOf(1));
    expect(best).toBe(3);
    // After the budget it had one more turn, in which it said what it had.
    expect(moves.some((move) => move.kind === 'bound' && move.bound.value === 50)).toBe(true);
  });

  it('give more of the time to the one that gains more', async () => {
    const seconds = { steep: 0, flat: 0 };
    const falling = (name: 'steep' | 'flat', factor: number) =>
      async function* (work: Work) {
        for (let value = 50; work.remainingSeconds() > 0; value *= factor) {
          await compute(work, 10);
          seconds[name] += 1;
          yield value;
        }
      };
    await play([method('flat', falling('flat', 0.9999)), method('steep', falling('steep', 0.97))], workOf(2));
    expect(seconds.steep).toBeGreaterThan(1.5 * seconds.flat);
  });

  it('stop as soon as the interval is closed, and close what they opened', async () => {
    const open = new Set<string>();
    async function* endless(work: Work): AsyncGenerator<number> {
      for (let value = 50; ; value--) {
        await compute(work, 5);
        yield value;
      }
    }
    const { best } = await play(
      [method('a', endless, open), method('b', endless, open)],
      workOf(30),
      (least) => least < 45,
    );
    expect(best).toBeLessThan(45);
    expect(open.size).toBe(0);
  });

  it('go on without one that fails, which is told', async () => {
    async function* broken(work: Work): AsyncGenerator<number> {
      await compute(work, 5);
      yield 40;
      throw new Error('out of memory');
    }
    async function* sound(work: Work): AsyncGenerator<number> {
      await compute(work, 50);
      yield 7;
    }
    const { moves, best } = await play([method('broken', broken), method('sound', sound)], workOf(30));
    expect(best).toBe(7);
    expect(moves).toContainEqual(expect.objectContaining({ kind: 'failed', reason: 'out of memory' }));
  });

  it('end with a cancel, and close what they opened', async () => {
    const open = new Set<string>();
    let breaths = 0;
    const work = workOf(30);
    const cancelled: Work = {
      ...work,
      breathe: () => (++breaths > 20 ? Promise.reject(new Cancelled()) : work.breathe()),
    };
    async function* endless(own: Work): AsyncGenerator<number> {
      for (;;) {
        await compute(own, 200);
        yield 1;
      }
    }
    await expect(play([method('a', endless, open), method('b', endless, open)], cancelled)).rejects.toThrow(Cancelled);
    expect(open.size).toBe(0);
  });
});
