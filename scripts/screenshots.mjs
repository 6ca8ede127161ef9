// npm run screenshots: takes the pictures of the README over from the last run of the end-to-end suite (npm run test:e2e).
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = join(root, 'media', 'screenshots');
/** Names in the README, and what the suites call them. */
const pictures = {
  'link-model-to-source': 'link-model-to-source',
  'beside-code': 'story-beside-code',
  compare: 'story-compare',
  map: 'map',
  smoothing: 'smoothing',
  budgets: 'budget-fixes',
};

mkdirSync(target, { recursive: true });
for (const [name, taken] of Object.entries(pictures)) {
  const picture = join(root, 'test', 'e2e', 'artefacts', `${taken}.png`);
  if (existsSync(picture)) copyFileSync(picture, join(target, `${name}.png`));
  else console.error(`${picture} is not there: run "npm run test:e2e" first.`);
}
