import type { HireForLayers } from '../inspection/layer-crew.ts';
import { besideTheProgram, hireThreads } from './hired-thread.ts';

/** Threads for the norms of layers; they are computed on the CPU whatever runs the network. */
export const hireForLayers: HireForLayers = (request, signal, most, path = besideTheProgram('layer-thread.mjs')) =>
  hireThreads(path, request, signal, { threads: request.threads, most });
