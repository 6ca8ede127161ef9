import type { Engine } from '../compute/engine.ts';
import { Cancelled } from '../compute/work.ts';
import { createInspectionCache, type CacheEntry, type InspectionCache } from '../inspection/cache.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { CheckpointAnswer } from '../inspection/training/checkpoint-series.ts';
import { RequestError, UserError } from '../sentence.ts';
import { toolVersion } from '../version.ts';
import { runInspection } from './run-inspection.ts';
import { faultSentence } from './usage.ts';

const cacheBytes = 64 * 2 ** 20;

export const openCache = (folder: string | undefined): InspectionCache | undefined =>
  folder === undefined ? undefined : createInspectionCache(folder, { maxBytes: cacheBytes, toolVersion });

/** From the cache where its content is known; a file that cannot be read is an answer like any other. */
export async function inspectCheckpoint(
  request: InspectionRequest,
  cache: InspectionCache | undefined,
  engineFor: () => Promise<Engine>,
  signal: AbortSignal,
): Promise<CheckpointAnswer> {
  try {
    // What cannot be read has no entry, and a folder that cannot be written to costs only time.
    const entry: CacheEntry | undefined = await cache?.entry(request).catch(() => undefined);
    const known = await entry?.read();
    if (known !== undefined) return { ok: known };
    const inspection = await runInspection(request, await engineFor(), signal);
    await entry?.write(inspection).catch(() => undefined);
    return { ok: inspection };
  } catch (error) {
    if (error instanceof RequestError || error instanceof Cancelled) throw error;
    return { sentence: error instanceof UserError ? error.message : faultSentence(error) };
  }
}
