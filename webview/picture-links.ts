import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { pngOf, standalone } from './picture-png.ts';
import { saveLinks } from './save-links.ts';
import { signal } from './signals.ts';

/** Links that save a picture of core/report as a file, in the colours that it has on screen. `what` it shows is its name too. Drawn when it is asked for. */
export const pictureLinks = (what: string, draw: () => string): TemplateResult => {
  const save = async (format: 'png' | 'svg', link: Element): Promise<void> => {
    const svg = draw();
    const picture = format === 'svg' ? standalone(svg, link) : await pngOf(svg, link);
    if (picture !== undefined) signal(link, 'to-host', { kind: 'save-picture', what, format, picture });
  };
  return html`<span class="row"
    >${saveLinks(what, ['png', 'svg'] as const, (format, link) => void save(format, link))}</span
  >`;
};
