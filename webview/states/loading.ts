import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { FromPanel, PanelState } from '../contract.ts';
import { l10n } from '../l10n.ts';

/** Before anything is known of the model. */
export const loading = (
  state: Extract<PanelState, { kind: 'loading' }>,
  act: (message: FromPanel) => void,
): TemplateResult => html`
  <section class="whole-page">
    <vscode-progress-ring aria-hidden="true"></vscode-progress-ring>
    <p>${state.activity === '' ? l10n.t('Reading {0}', state.file) : state.activity}</p>
    <vscode-button secondary icon="debug-stop" @click=${() => act({ kind: 'cancel' })}
      >${l10n.t('Cancel')}</vscode-button
    >
  </section>
`;
