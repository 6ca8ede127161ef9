import { css, html } from 'lit';
import type { TemplateResult } from 'lit';
import { drawing } from './drawing.ts';
import { pictureLinks } from './picture-links.ts';

/** A picture with its caption, to be saved as `what`. */
export const figure = (caption: string, svg: string, what: string): TemplateResult =>
  html`<figure>
    <figcaption>${caption}</figcaption>
    ${drawing(svg)} ${pictureLinks(what, () => svg)}
  </figure>`;

export const figureStyles = css`
  figure {
    margin: 16px 0 0;
    min-width: 0;
  }
  figcaption {
    margin-bottom: 4px;
    color: var(--lipschitz-faint);
  }
`;
