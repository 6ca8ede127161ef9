import { Cancelled } from '../compute/work.ts';
import type { CacheEntry, InspectionCache } from '../inspection/cache.ts';
import { bilipschitz } from '../inspection/bilipschitz.ts';
import { inspect } from '../inspection/inspect.ts';
import { layerSpectrum } from '../inspection/layer-spectrum.ts';
import { noiseGrowth } from '../inspection/noise-growth.ts';
import { pinOf } from '../inspection/map-pin.ts';
import { drawMap } from '../inspection/map.ts';
import { createCellMemory } from '../inspection/map-memory.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import { smooth } from '../inspection/smooth.ts';
import { whatIf } from '../inspection/what-if.ts';
import { verify } from '../inspection/verify.ts';
import type { Inspection } from '../report/inspection.ts';
import type { LipschitzMap } from '../report/map.ts';
import type { InspectionEvent } from '../report/progress.ts';
import { render } from '../report/render.ts';
import type { SmoothingReport } from '../report/smoothing.ts';
import { Engines } from './engines.ts';
import { EventStream } from './event-stream.ts';
import { hireForLayers } from './layer-threads.ts';
import { hireForMap } from './map-threads.ts';
import type { WhatIfAnswer } from './protocol.ts';
import type { CallHandlers } from './serve.ts';

/** What the product's worker does when it is called. */
export function productHandlers(cache: InspectionCache | undefined): CallHandlers {
  const engines = new Engines();
  const memory = createCellMemory(cache?.cells);
  return {
    async inspect({ job, request }, { signal, notify }) {
      const events = new EventStream((event) => notify('inspectionEvent', { job, event }));
      const emit = (event: InspectionEvent): void => events.push(event);
      const entry = cache && (await entryOf(cache, request));
      const known = await entry?.read();
      if (known !== undefined) {
        emit({ kind: 'opened', inspection: known });
        emit({ kind: 'finished', inspection: known });
        return known;
      }
      const inspection = await engines.use(request, async (engine) => {
        let finished: Inspection | undefined;
        try {
          for await (const event of inspect(request, engine, signal, hireForLayers)) {
            if (event.kind === 'finished') finished = event.inspection;
            emit(event);
          }
        } finally {
          events.flush();
        }
        if (signal.aborted) throw new Cancelled();
        if (finished === undefined) throw new Error('The inspection ended without an answer.');
        return finished;
      });
      await entry?.write(inspection).catch(logged);
      return inspection;
    },

    map: ({ job, request }, { signal, notify }) =>
      engines.use(request, async (engine) => {
        let finished: LipschitzMap | undefined;
        for await (const event of drawMap(request, engine, signal, { hire: hireForMap, memory })) {
          if (event.kind === 'finished') finished = event.map;
          else notify('mapEvent', { job, event });
        }
        if (signal.aborted) throw new Cancelled();
        if (finished === undefined) throw new Error('The map ended without an answer.');
        return finished;
      }),

    layer: ({ question }, { signal }) => engines.use(question, (engine) => layerSpectrum(question, engine, signal)),

    smooth: ({ job, request }, { signal, notify }) =>
      engines.use(request, async (engine) => {
        let finished: SmoothingReport | undefined;
        for await (const event of smooth(request, engine, signal)) {
          if (event.kind === 'finished') finished = event.report;
          else notify('smoothingEvent', { job, event });
        }
        if (signal.aborted) throw new Cancelled();
        if (finished === undefined) throw new Error('The smoothing ended without an answer.');
        return finished;
      }),

    growth: ({ request }, { signal }) => engines.use(request, (engine) => noiseGrowth(request, engine, signal)),

    whatIf: ({ request }, { signal }) =>
      engines.use(request.inspection, async (engine) => {
        let finished: WhatIfAnswer | undefined;
        for await (const event of whatIf(request, engine, signal))
          if (event.kind === 'finished') finished = { report: event.report, model: event.model };
        if (signal.aborted) throw new Cancelled();
        if (finished === undefined) throw new Error('Nothing came of the changed weights.');
        return finished;
      }),

    bilipschitz: ({ request }, { signal }) => engines.use(request, (engine) => bilipschitz(request, engine, signal)),

    pin: ({ request, at }, { signal }) => engines.use(request, (engine) => pinOf(request, at, engine, signal)),

    verify: ({ inspection, file }) =>
      engines.use({ provider: 'cpu', threads: 0 }, (engine) => verify(inspection, file, engine)),

    render: ({ inspection, format }) => render(inspection, format),
  };
}

/** A cache that cannot be used costs time, never the answer; and of a model that cannot be read `inspect` tells better. */
const entryOf = (cache: InspectionCache, request: InspectionRequest): Promise<CacheEntry | undefined> =>
  cache.entry(request).catch(logged);

const logged = (error: unknown): undefined => {
  process.stderr.write(`The cache of inspections: ${String(error)}\n`);
};
