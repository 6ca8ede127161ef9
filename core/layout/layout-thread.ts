import { parentPort, workerData } from 'node:worker_threads';
import type { GraphShape } from '../report/graph-layout.ts';
import { layOutHere } from './elk.ts';

/** A thread's main module: lays out one graph and ends. What it throws reaches whoever started it. */
parentPort!.postMessage(await layOutHere(workerData as GraphShape));
