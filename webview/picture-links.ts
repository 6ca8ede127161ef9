import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { l10n } from './l10n.ts';
import { pngOf, standalone } from './picture-png.ts';
import { saveLinks } from './save-links.ts';
import { signal } from './signals.ts';

const formats = ['png', 'svg'] as const;
type PictureFormat = (typeof formats)[number];

/** Links that save or copy a picture of core/report, in the colours that it has on screen. `what` it shows is its name too. Drawn when it is asked for. */
export const pictureLinks = (what: string, draw: () => string): TemplateResult => {
  const save = async (format: PictureFormat, link: Element): Promise<void> => {
    const svg = draw();
    const picture = format === 'svg' ? standalone(svg, link) : await pngOf(svg, link);
    if (picture !== undefined) signal(link, 'to-host', { kind: 'save-picture', what, format, picture });
  };
  const copy = async (format: PictureFormat, link: Element): Promise<void> => {
    if (format === 'svg') signal(link, 'to-host', { kind: 'copy', text: standalone(draw(), link) });
    else if (await copied(draw(), link)) signal(link, 'to-host', { kind: 'copied' });
    else await save('png', link);
  };
  return html`<span class="row"
    >${saveLinks(what, formats, (format, link) => void save(format, link))}
    <span class="faint">· ${l10n.t('copy as')}</span>
    ${formats.map((format) => {
      const name = format.toUpperCase();
      return html`<button
        class="link"
        aria-label=${l10n.t('Copy the {0} as {1}', what, name)}
        @click=${(event: Event) => void copy(format, event.currentTarget as Element)}
      >
        ${name}
      </button>`;
    })}</span
  >`;
};

/** Only the page itself can put pixels into the clipboard; not every system lets it. */
async function copied(svg: string, link: Element): Promise<boolean> {
  const picture = await pngOf(svg, link);
  if (picture === undefined) return false;
  const pixels = new Blob([picture.slice()], { type: 'image/png' });
  return navigator.clipboard.write([new ClipboardItem({ [pixels.type]: pixels })]).then(
    () => true,
    () => false,
  );
}
