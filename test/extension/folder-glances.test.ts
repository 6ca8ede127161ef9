import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { FolderGlances } from '../../extension/folder-glances.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** Glances at what the test says is there, and how often they said that it changed. */
async function glances(first: string): Promise<{ there: (() => string) | undefined; said: number; dispose(): void }> {
  const seen = { there: (): string => first, said: 0, dispose: (): void => folder.dispose() };
  const folder = new FolderGlances(() => Promise.resolve().then(() => seen.there()), 1000);
  folder.changes.listen(() => seen.said++);
  await vi.advanceTimersByTimeAsync(0);
  return seen;
}

test('what was written is said once, and nothing of a folder that stays as it is', async () => {
  const folder = await glances('a');
  await vi.advanceTimersByTimeAsync(3000);
  expect(folder.said).toBe(0);
  folder.there = () => 'a b';
  await vi.advanceTimersByTimeAsync(3000);
  expect(folder.said).toBe(1);
  folder.dispose();
});

test('a folder that is away for a moment has not changed', async () => {
  const folder = await glances('a');
  folder.there = () => {
    throw new Error('stale handle');
  };
  await vi.advanceTimersByTimeAsync(3000);
  folder.there = () => 'a';
  await vi.advanceTimersByTimeAsync(3000);
  expect(folder.said).toBe(0);
  folder.dispose();
});

test('nobody looks any more after the end', async () => {
  const folder = await glances('a');
  folder.dispose();
  folder.there = () => 'a b';
  await vi.advanceTimersByTimeAsync(3000);
  expect(folder.said).toBe(0);
  expect(vi.getTimerCount()).toBe(0);
});
