import type { Pace } from '../../compute/linear-algebra/pace.ts';
import type { LinearMap } from '../../operators/linear-map.ts';
import { combinations, flatIndex } from './landing.ts';
import type { ConvolutionSide } from './materialised-convolution.ts';
import { type Band, emptyBand } from './plain-cholesky.ts';

/**
 * The Gram matrix of a convolution on one side, position by position, found by nothing but applying the map and its transpose: unit
 * vectors at positions so far apart that no entry belongs to two of them are sent through together, and come back apart.
 */
export async function probedGram(map: LinearMap, side: ConvolutionSide, pace: Pace): Promise<Band> {
  const { channels, positions, grid, lags, size, band } = side;
  const gram = emptyBand(size, band);
  const spacing = lags.map((lag, axis) => Math.min(2 * lag + 1, grid[axis]!));
  for (const first of combinations(spacing.map(upTo))) {
    const probed = combinations(
      grid.map((length, axis) => upTo(length).filter((p) => p % spacing[axis]! === first[axis]!)),
    );
    for (let c = 0; c < channels; c++) {
      const probe = new Float64Array(size);
      for (const p of probed) probe[c * positions + flatIndex(p, grid)] = 1;
      const image =
        side.side === 'output' ? map.apply(map.applyTransposed(probe)) : map.applyTransposed(map.apply(probe));
      for (const p of probed) {
        const row = flatIndex(p, grid) * channels + c;
        const near = combinations(
          grid.map((length, axis) => upTo(length).filter((q) => Math.abs(q - p[axis]!) <= lags[axis]!)),
        );
        for (const q of near) {
          const position = flatIndex(q, grid);
          for (let d = 0; d < channels; d++) {
            const column = position * channels + d;
            if (column >= row) gram.entries[row * band + column - row] = image[d * positions + position]!;
          }
        }
      }
      if (pace.due(4 * map.rows * map.terms)) await pace.rest();
    }
  }
  return gram;
}

const upTo = (length: number): number[] => Array.from({ length }, (_, i) => i);
