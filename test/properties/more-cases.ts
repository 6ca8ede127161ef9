/** `npm run properties`: every property draws new cases, and as many times more of them as LIPSCHITZ_TIMES says. */
import type * as FastCheck from 'fast-check';
import { vi } from 'vitest';

const times = Number(process.env['LIPSCHITZ_TIMES']);

vi.mock('fast-check', async (importOriginal) => {
  const { default: own } = await importOriginal<typeof FastCheck>();
  const assert = ((property: never, parameters?: { readonly numRuns?: number }) =>
    own.assert(property, {
      ...parameters,
      numRuns: Math.ceil((parameters?.numRuns ?? 100) * times),
    })) as typeof own.assert;
  return { default: { ...own, assert } };
});
