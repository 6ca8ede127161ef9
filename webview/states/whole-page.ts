import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import type { FromPanel } from '../contract.ts';

export interface PageAction {
  readonly label: string;
  readonly icon: string;
  readonly message: FromPanel;
}

/** A state that has nothing else to show: one sentence and at most one action. */
export const wholePage = (
  icon: string,
  sentence: string,
  act: (message: FromPanel) => void,
  action?: PageAction,
): TemplateResult => html`
  <section class="whole-page">
    <vscode-icon name=${icon} size="32"></vscode-icon>
    <p>${sentence}</p>
    ${
      action === undefined
        ? nothing
        : html`<vscode-button icon=${action.icon} @click=${() => act(action.message)}>${action.label}</vscode-button>`
    }
  </section>
`;
