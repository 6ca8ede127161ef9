import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { markdownTable, tableCsv, tsv, type TableCell } from '../core/report/layer-table.ts';
import { l10n } from './l10n.ts';
import { signal } from './signals.ts';

type Table = readonly (readonly TableCell[])[];

const formats = [
  { name: 'TSV', write: tsv, between: '\n' },
  { name: 'CSV', write: tableCsv, between: '\r\n' },
  { name: 'Markdown', write: markdownTable, between: '\n\n' },
] as const;

/** Tables for a spreadsheet or for an issue, as links. The text is made when it is asked for. */
export const copyLinks = (
  what: string,
  tables: () => readonly Table[],
  copy: (text: string, link: EventTarget) => void,
): TemplateResult =>
  html`<span class="row">
    <span class="faint">${l10n.t('Copy {0} as', what)}</span>
    ${formats.map(({ name, write, between }) => {
      const asked = (event: Event): void => copy(tables().map(write).join(between), event.currentTarget!);
      return html`<button class="link" @click=${asked}>${name}<span class="unseen"> (${what})</span></button>`;
    })}
  </span>`;

/** The same inside the panel. */
export const copyButtons = (what: string, tables: () => readonly Table[]): TemplateResult =>
  copyLinks(what, tables, (text, link) => signal(link, 'to-host', { kind: 'copy', text }));
