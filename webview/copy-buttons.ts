import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { signal } from './signals.ts';
import { l10n } from './l10n.ts';

/** A table for a spreadsheet or for an issue. The text is made when it is asked for. */
export const copyButtons = (what: string, asTsv: () => string, asMarkdown: () => string): TemplateResult => {
  const copy =
    (text: () => string) =>
    (event: Event): void =>
      signal(event.currentTarget as EventTarget, 'to-host', { kind: 'copy', text: text() });
  return html`<span class="row">
    <span class="faint">${l10n.t('Copy {0} as', what)}</span>
    <button class="link" @click=${copy(asTsv)}>TSV<span class="unseen"> (${what})</span></button>
    <button class="link" @click=${copy(asMarkdown)}>Markdown<span class="unseen"> (${what})</span></button>
  </span>`;
};
