import { html } from 'lit';
import type { TemplateResult } from 'lit';

/**
 * A picture of core/report as part of a template. Safe because those functions escape every text they are given. Set as a
 * property: as a template of its own every new picture would be parsed, walked and copied, which is what scrolling was slow with.
 */
export const drawing = (svg: string): TemplateResult => html`<span class="drawing" .innerHTML=${svg}></span>`;
