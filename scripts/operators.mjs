// npm run operators: writes docs/operators.md from the operator files.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ensureInstalled, root } from './install.mjs';

ensureInstalled();
const { build } = await import('esbuild');
const { outputFiles } = await build({
  entryPoints: [join(root, 'scripts', 'operators', 'page.ts')],
  bundle: true,
  write: false,
  platform: 'node',
  format: 'esm',
});
const { operatorPage } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
);
writeFileSync(join(root, 'docs', 'operators.md'), operatorPage());
