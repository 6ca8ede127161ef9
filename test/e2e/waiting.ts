import { setTimeout as sleep } from 'node:timers/promises';

/** How long a suite waits for something that the workbench should show: first activations are slow on a busy machine. */
export const PATIENCE = 45_000;

/** Asks until there is an answer other than undefined; gives up with a sentence that is made only then. */
export async function until<T>(
  ask: () => Promise<T | undefined>,
  givingUp: () => string | Promise<string>,
  patience: number = PATIENCE,
): Promise<T> {
  const deadline = Date.now() + patience;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error(`After ${patience / 1000} s: ${await givingUp()}`);
    await sleep(100);
  }
}

/** True when the promise of a Playwright wait is kept, false when it times out. */
export async function happens(wait: Promise<unknown>): Promise<boolean> {
  return wait.then(
    () => true,
    () => false,
  );
}

/** Whether this is so within a few seconds: the time that a key or a click may take to show on a busy machine. */
export async function comesTrue(ask: () => Promise<boolean>): Promise<boolean> {
  const answer = until(
    async () => (await ask()) || undefined,
    () => 'it is not so.',
    4000,
  );
  return happens(answer);
}
