import '@vscode-elements/elements/dist/vscode-button/index.js';
import '@vscode-elements/elements/dist/vscode-icon/index.js';
import type { FromHistory, ToHistory } from './contract.ts';
import './history-page.ts';

/** What the editor puts into the page. */
interface Host {
  postMessage(message: FromHistory): void;
}

declare function acquireVsCodeApi(): Host;

const host = acquireVsCodeApi();
const page = document.createElement('lipschitz-history');
page.tell = (message) => host.postMessage(message);
document.body.append(page);
window.addEventListener('message', ({ data }: MessageEvent<ToHistory>) => {
  page.state = data.state;
});
host.postMessage({ kind: 'ready' });
