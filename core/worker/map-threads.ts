import type { CellHands } from '../inspection/cell-hand.ts';
import type { MapRequest } from '../inspection/map-request.ts';
import { besideTheProgram, hireThreads } from './hired-thread.ts';

/** Threads for the cells of a map. A GPU is one: nobody can help it. */
export function hireForMap(
  request: MapRequest,
  signal: AbortSignal,
  path = besideTheProgram('map-thread.mjs'),
): CellHands {
  const onCpu = request.provider === 'auto' || request.provider === 'cpu';
  return onCpu ? hireThreads(path, request, signal, request) : [];
}
