import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { reportFormats } from '../core/report/formats.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { summarySentence } from '../core/report/sentences.ts';
import type { FromPanel, PanelState } from './contract.ts';
import { l10n } from './l10n.ts';

const formatNames = { html: 'HTML', md: 'Markdown', json: 'JSON', csv: 'CSV' } as const;

/** What can be done with the numbers as a whole. */
export const toolbar = (
  state: PanelState,
  inspection: Inspection,
  act: (message: FromPanel) => void,
): TemplateResult => html`
  <div class="row toolbar" role="group" aria-label=${l10n.t('Report')}>
    ${
      state.kind === 'finished'
        ? html`<vscode-button secondary icon="refresh" @click=${() => act({ kind: 'inspect' })}
            >${l10n.t('Inspect again')}</vscode-button
          >`
        : nothing
    }
    <vscode-button secondary icon="question" @click=${() => act({ kind: 'ask' })}
      >${l10n.t('Change question…')}</vscode-button
    >
    <vscode-button secondary icon="copy" @click=${() => act({ kind: 'copy', text: summarySentence(inspection) })}
      >${l10n.t('Copy summary')}</vscode-button
    >
    <vscode-button icon="export" @click=${() => act({ kind: 'export', format: 'ask' })}
      >${l10n.t('Export report…')}</vscode-button
    >
    <span class="row">
      ${reportFormats.map(
        (format) =>
          html`<button
            class="link"
            aria-label=${l10n.t('Export as {0}', formatNames[format])}
            @click=${() => act({ kind: 'export', format })}
          >
            ${formatNames[format]}
          </button>`,
      )}
    </span>
  </div>
`;
