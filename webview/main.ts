import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import '@vscode-elements/elements/dist/vscode-progress-bar/index.js';
import '@vscode-elements/elements/dist/vscode-progress-ring/index.js';
import '@vscode-elements/elements/dist/vscode-textfield/index.js';
import type { FromPanel, ToPanel } from './contract.ts';
import type { Kept } from './kept.ts';
import { keptOr } from './kept.ts';
import './panel.ts';
import { onSignal } from './signals.ts';

/** What the editor puts into the page. */
interface Host {
  postMessage(message: FromPanel): void;
  getState(): unknown;
  setState(state: Kept): void;
}

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const panel = document.createElement('lipschitz-panel');
panel.kept = keptOr(host.getState());
document.body.append(panel);

onSignal(panel, 'to-host', (message) => host.postMessage(message));
onSignal(panel, 'keep', () => save());
window.addEventListener('message', ({ data }: MessageEvent<ToPanel>) => panel.hear(data));

/** Kept beside what the panel shows: nothing of it is drawn anew because somebody scrolls. */
let scroll = panel.kept.scroll;
const save = (): void => host.setState({ ...panel.kept, scroll });

/** The scroll position comes back once there is something to scroll. */
const scrolled = scroll;
let restored = false;
let waiting: ReturnType<typeof setTimeout> | undefined;
window.addEventListener('scroll', () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => {
    scroll = window.scrollY;
    save();
  }, 150);
});
new ResizeObserver(() => {
  if (restored || document.documentElement.scrollHeight < scrolled + window.innerHeight) return;
  restored = true;
  window.scrollTo(0, scrolled);
}).observe(panel);

host.postMessage({ kind: 'ready' });
