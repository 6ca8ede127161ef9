// npm run screenshots: takes the pictures of the README over from the last run of the end-to-end suite (npm run test:e2e).
import { copyFileSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const target = join(root, 'media', 'screenshots');
const pictures = ['link-model-to-source'];

mkdirSync(target, { recursive: true });
for (const name of pictures) {
  const picture = join(root, 'test', 'e2e', 'artefacts', `${name}.png`);
  if (existsSync(picture)) copyFileSync(picture, join(target, `${name}.png`));
  else console.error(`${picture} is not there: run "npm run test:e2e" first.`);
}
