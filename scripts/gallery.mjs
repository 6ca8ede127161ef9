// Draws the maps of docs/gallery.md: the six two-moons samples, every cell certified, all on one scale. Needs a build.
import { execFileSync } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
execFileSync(process.execPath, [join(root, 'scripts/build.mjs')], { stdio: 'inherit' });

/** The data of the last one was multiplied by 10, so its map reaches ten times as far. */
const ranges = {
  shallow: '-2:3,-2:2',
  mlp: '-2:3,-2:2',
  mlp_gradient_penalty: '-2:3,-2:2',
  spectral_norm_k1: '-2:3,-2:2',
  spectral_norm_k10: '-2:3,-2:2',
  spectral_norm_scaled_data: '-20:30,-20:20',
};

const moons = join(root, 'samples/two_moons');
const gallery = join(root, 'docs/gallery');
mkdirSync(gallery, { recursive: true });
for (const [name, range] of Object.entries(ranges)) {
  const model = join(moons, `${name}.onnx`);
  const options = [
    '--method',
    'certified',
    `--range=${range}`,
    '--scale',
    '0.1:100',
    '--axes',
    '0,1',
    '--data',
    join(moons, name === 'spectral_norm_scaled_data' ? 'points_scaled_by_10.npy' : 'points.npy'),
    '--labels',
    join(moons, 'labels.npy'),
    '--svg',
    join(gallery, `${name}.svg`),
  ];
  execFileSync(process.execPath, [join(root, 'dist/cli.js'), 'map', model, ...options], { stdio: 'inherit' });
}
