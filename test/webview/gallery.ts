import { join } from 'node:path';
import type { PanelState } from '../../webview/contract.ts';
import { residualCnn, residualCnnRunning } from '../report/fixtures/residual-cnn.ts';
import {
  hostile,
  noLayers,
  thousandLayers,
  unboundedTransformer,
  unsupportedDetector,
} from '../report/fixtures/unusual.ts';
import { drawn, openBrowser, openPanel, packedPanel } from './panel-page.ts';
import type { ThemeName } from './themes.ts';
import { themes } from './themes.ts';

const file = 'residual_cnn.onnx';

export const states: Readonly<Record<string, PanelState>> = {
  finished: { kind: 'finished', file, inspection: residualCnn },
  running: { kind: 'running', file, inspection: residualCnnRunning, activity: 'Norm of block2.conv1', fraction: 0.42 },
  loading: { kind: 'loading', file, activity: '' },
  stopped: { kind: 'stopped', file, inspection: residualCnnRunning },
  stale: { kind: 'stale', file, inspection: residualCnn },
  failed: {
    kind: 'failed',
    file: 'broken.onnx',
    message: 'broken.onnx ends at byte 512, in the middle of a tensor: copy the file again.',
    action: 'retry',
    inspection: undefined,
  },
  crashed: {
    kind: 'failed',
    file,
    message: 'The process that computes was killed for memory.',
    action: 'restart',
    inspection: residualCnnRunning,
  },
  unbounded: { kind: 'finished', file: 'transformer.onnx', inspection: unboundedTransformer },
  unsupported: { kind: 'finished', file: 'detector.onnx', inspection: unsupportedDetector },
  deep: { kind: 'finished', file: 'deep.onnx', inspection: thousandLayers },
  empty: { kind: 'finished', file: 'reshape.onnx', inspection: noLayers },
  hostile: { kind: 'finished', file: 'hostile.onnx', inspection: hostile },
};

const shots: readonly (readonly [state: string, theme: ThemeName, width: number, detail?: string])[] = [
  ...(Object.keys(themes) as ThemeName[]).flatMap((theme): (readonly [string, ThemeName, number, string?])[] => [
    ['finished', theme, 400],
    ['finished', theme, 1100, residualCnn.layers[2]?.id ?? ''],
  ]),
  ...Object.keys(states).flatMap((state): (readonly [string, ThemeName, number])[] => [
    [state, 'dark', 900],
    [state, 'light', 400],
  ]),
];

/** Runs in the page: until what fades in is there. What goes round for ever is not waited for. */
const fadedIn = `Promise.all(
  document.getAnimations().filter(({ effect }) => Number.isFinite(effect.getComputedTiming().endTime)).map(({ finished }) => finished.catch(() => {})),
)`;

export async function drawGallery(folder: string): Promise<void> {
  const files = await packedPanel();
  const browser = await openBrowser();
  try {
    for (const [name, theme, width, detail] of shots) {
      const state = states[name];
      if (state === undefined) continue;
      const view = await openPanel(browser, files, { theme, width });
      await view.send({ kind: 'state', state });
      if (detail !== undefined) await view.send({ kind: 'select', layer: detail });
      await drawn(view.page);
      await view.page.evaluate(fadedIn);
      const suffix = detail === undefined ? '' : '-detail';
      const path = join(folder, `${name}-${theme.replaceAll(' ', '-')}-${width}${suffix}.png`);
      await view.page.screenshot({ path, fullPage: name !== 'deep' && detail === undefined });
      if (view.complaints.length > 0) process.stderr.write(`${path}: ${view.complaints.join(' | ')}\n`);
      await view.page.context().close();
    }
  } finally {
    await browser.close();
  }
}
