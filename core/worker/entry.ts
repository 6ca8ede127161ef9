import { createInspectionCache } from '../inspection/cache.ts';
import { productHandlers } from './handlers.ts';
import { serve } from './serve.ts';
import { toolVersion } from '../version.ts';

/** The worker's main module. Arguments: the folder of the cache and its size in megabytes; without them nothing is kept. */
const [cacheFolder, cacheMegabytes] = process.argv.slice(2);
const cache =
  cacheFolder === undefined
    ? undefined
    : createInspectionCache(cacheFolder, { maxBytes: Number(cacheMegabytes ?? 64) * 2 ** 20, toolVersion });
serve(productHandlers(cache));
