import { expect, test } from 'vitest';
import { regionWords } from '../../core/report/region-words.ts';

test.each([
  ['all', 'everywhere'],
  ['box:0,1', 'for every input between 0 and 1'],
  ['box:-0.5, 1e3', 'for every input between -0.5 and 1e3'],
  ['box:2,2', 'for every input equal to 2'],
  ['box:zeros:0.1', 'for every input within 0.1 of zero, in each coordinate'],
  ['box:image.npy:0.0314', 'for every input within 0.0314 of image.npy, in each coordinate'],
  ['box:C:/data/image.npy:1', 'for every input within 1 of C:/data/image.npy, in each coordinate'],
  ['ball:l2:0.5:1', 'for every input within 1 of 0.5 everywhere, measured in l2'],
  ['ball:linf:1,-2,3:0.5', 'for every input within 0.5 of (1, -2, 3), measured in l∞'],
  ['ball:l1:1,2,3,4,5,6:2', 'for every input within 2 of (1, 2, 3, … 6 numbers), measured in l1'],
  ['something else', 'on something else'],
])('%s is %s', (region, words) => expect(regionWords(region)).toBe(words));
