import { expect, test } from 'vitest';
import { Cancelled } from '../../core/compute/work.ts';
import { Crew, type Hand } from '../../core/inspection/crew.ts';

/** Squares numbers when it is told to go on. */
class Squarer implements Hand<number, number> {
  readonly done: number[] = [];
  readonly #go: () => Promise<void>;
  gone = false;

  constructor(go: () => Promise<void> = () => Promise.resolve()) {
    this.#go = go;
  }

  async work(task: number): Promise<number> {
    await this.#go();
    this.done.push(task);
    return task ** 2;
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.gone = true;
    return Promise.resolve();
  }
}

const numbers = Array.from({ length: 20 }, (_, k) => k);
const pause = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 1));

async function squares(crew: Crew<number, number>, stop = Infinity): Promise<Map<number, number>> {
  const found = new Map<number, number>();
  for await (const { item, result, begun } of crew.share(numbers, (item) => (item < stop ? item : undefined))) {
    found.set(item, result);
    if (begun === 3) crew.hire();
  }
  return found;
}

test('this thread begins, those hired go on, and every item is done once', async () => {
  const [own, one, other] = [new Squarer(pause), new Squarer(pause), new Squarer(pause)];
  const crew = new Crew(own, () => [Promise.resolve(one), Promise.resolve(other)]);
  const found = await squares(crew);
  expect([...found.keys()].sort((a, b) => a - b)).toEqual(numbers);
  expect([...found].every(([item, square]) => square === item ** 2)).toBe(true);
  expect([...own.done, ...one.done, ...other.done].sort((a, b) => a - b)).toEqual(numbers);
  expect(own.done.length).toBeGreaterThanOrEqual(3);
  expect(one.done.length).toBeGreaterThan(3);
  expect(other.done.length).toBeGreaterThan(3);
  expect(crew.size).toBe(2);
  await crew[Symbol.asyncDispose]();
  expect([own.gone, one.gone, other.gone]).toEqual([false, true, true]);
});

test('whoever cannot come is not missed', async () => {
  const crew = new Crew(new Squarer(), () => [Promise.reject(new Error('no memory'))]);
  expect((await squares(crew)).size).toBe(numbers.length);
  await crew[Symbol.asyncDispose]();
});

test('nothing is begun after the end, and what was begun is still given back', async () => {
  expect([...(await squares(new Crew(new Squarer(), undefined), 7)).keys()]).toEqual(numbers.slice(0, 7));
});

test('what a hired one fails at is done in this thread, and it gets nothing more', async () => {
  const own = new Squarer(pause);
  const broken = new Squarer(() => Promise.reject(new Error('out of memory')));
  const crew = new Crew(own, () => [Promise.resolve(broken)]);
  expect((await squares(crew)).size).toBe(numbers.length);
  expect([own.done.length, broken.done.length, broken.gone]).toEqual([numbers.length, 0, true]);
});

test('a cancel that a hired one hears ends the work', async () => {
  const cancelled = new Squarer(() => Promise.reject(new Cancelled()));
  await expect(squares(new Crew(new Squarer(pause), () => [Promise.resolve(cancelled)]))).rejects.toThrow(Cancelled);
});

test('a failure in this thread is the failure of all', async () => {
  const broken = new Squarer(() => Promise.reject(new Error('out of memory')));
  await expect(squares(new Crew(broken, undefined))).rejects.toThrow('out of memory');
});

test('those hired work from both ends while this thread does something else, which nobody takes from it', async () => {
  const [own, one, other] = [new Squarer(pause), new Squarer(pause), new Squarer(pause)];
  const crew = new Crew(own, () => [Promise.resolve(one), Promise.resolve(other)]);
  expect(crew.hire()).toBe(true);
  expect(await crew.arrived()).toBe(true);
  await pause();
  const found: number[] = [];
  const elsewhere = (async () => {
    for await (const { result } of crew.share(numbers, (item) => item, 'those hired')) found.push(result);
  })();
  for await (const { item, result } of crew.share([30, 31, 32], (number) => number)) expect(result).toBe(item ** 2);
  await elsewhere;
  expect(own.done).toEqual([30, 31, 32]);
  expect(found.toSorted((a, b) => a - b)).toEqual(numbers.map((number) => number ** 2));
  expect(one.done[0]).toBe(19);
  expect(other.done[0]).toBe(0);
  expect(one.done.length).toBeGreaterThan(3);
  // Afterwards they are there for everyone again.
  for await (const { item, result } of crew.share([40, 41], (item) => item)) expect(result).toBe(item ** 2);
  expect(own.done).toHaveLength(3);
  await crew[Symbol.asyncDispose]();
});

test('whoever comes while the first one is at its item begins at once', async () => {
  const other = new Squarer();
  let come = (): void => undefined;
  // The first one ends its item only when the other has come and done all the rest.
  const one = new Squarer(async () => {
    come();
    while (other.done.length < 4) await pause();
  });
  const later = new Promise<void>((resolve) => (come = resolve)).then(() => other);
  const crew = new Crew(new Squarer(), () => [Promise.resolve(one), later]);
  crew.hire();
  await crew.arrived();
  const found: number[] = [];
  for await (const { item } of crew.share([0, 1, 2, 3, 4], (item) => item, 'those hired')) found.push(item);
  expect(found).toEqual([0, 1, 2, 3, 4]);
  expect(one.done).toEqual([4]);
  await crew[Symbol.asyncDispose]();
});

test('where nobody can be hired, nothing is left to them', () => {
  expect(new Crew(new Squarer(), undefined).hire()).toBe(false);
  expect(new Crew(new Squarer(), () => []).hire()).toBe(false);
});

test('what those who are sent away were at is not done again here', async () => {
  const own = new Squarer();
  let fail = (): void => undefined;
  const never: Hand<number, number> = {
    work: () => new Promise((_, reject) => (fail = () => reject(new Error('ended')))), // prettier-ignore
    [Symbol.asyncDispose]() {
      fail();
      return Promise.resolve();
    },
  };
  const crew = new Crew<number, number>(own, () => [Promise.resolve(never)]);
  crew.hire();
  await crew.arrived();
  const share = crew.share([1, 2], (item) => item, 'those hired');
  const asked = share.next();
  await pause();
  await crew[Symbol.asyncDispose]();
  await expect(asked).rejects.toBeInstanceOf(Cancelled);
  expect(own.done).toEqual([]);
});
