// Pictures of the panel in every state and theme, to be looked at: `node test/webview/gallery.mjs [folder]`.
// Bundled first because it runs on the Node that this repository supports at least, which does not read TypeScript.
import { build } from 'esbuild';
import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const here = import.meta.dirname;
const folder = process.argv[2] ?? join(here, '../../.cache/gallery');
mkdirSync(folder, { recursive: true });
const bundle = join(here, '../../.cache/gallery-bundle.mjs');
await build({
  entryPoints: [join(here, 'gallery.ts')],
  outfile: bundle,
  bundle: true,
  platform: 'node',
  format: 'esm',
  packages: 'external',
  define: { 'import.meta.dirname': JSON.stringify(here) },
});
const { drawGallery } = await import(pathToFileURL(bundle).href);
await drawGallery(folder);
rmSync(bundle);
