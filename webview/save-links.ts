import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { l10n } from './l10n.ts';

const names: Readonly<Record<string, string>> = { md: 'Markdown' };
const nameOf = (format: string): string => names[format] ?? format.toUpperCase();

/** What can be saved, as links: "Save map as HTML CSV …". */
export const saveLinks = <F extends string>(
  what: string,
  formats: readonly F[],
  save: (format: F, link: Element) => void,
): TemplateResult => html`
  <span class="faint">${l10n.t('Save {0} as', what)}</span>
  ${formats.map(
    (format) =>
      html`<button
        class="link"
        aria-label=${l10n.t('Save the {0} as {1}', what, nameOf(format))}
        @click=${(event: Event) => save(format, event.currentTarget as Element)}
      >
        ${nameOf(format)}
      </button>`,
  )}
`;
