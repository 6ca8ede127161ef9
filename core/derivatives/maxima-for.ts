import type { Engine } from '../compute/engine.ts';
import type { Maxima } from '../operators/derivatives/graph.ts';

/** WebGPU takes a MaxPool with positions and cannot run it; comparing costs it little. The CPU is faster with positions. */
export const maximaFor = ({ summary }: Engine): Maxima => (summary.provider === 'webgpu' ? 'masks' : 'positions');
