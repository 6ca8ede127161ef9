import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { Inspection } from '../core/report/inspection.ts';
import type { Tab } from './kept.ts';

const titles: Readonly<Record<Tab, string>> = {
  network: 'Network',
  chain: 'Chain',
  graph: 'Graph',
  coupling: 'Coupling',
  map: 'Map',
  smoothing: 'Smoothing',
  compare: 'Compare',
};

/** The pages of the panel; arrow keys go from one to the next, as in every list of tabs. */
export function tabList(chosen: Tab, choose: (tab: Tab) => void, { chain }: Pick<Inspection, 'chain'>): TemplateResult {
  // A model with a graph has nothing to be supposed.
  const all = (Object.keys(titles) as Tab[]).filter((tab) => tab !== 'chain' || chain !== undefined);
  const key = (event: KeyboardEvent): void => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const next = all[(all.indexOf(chosen) + step + all.length) % all.length]!;
    choose(next);
    (event.currentTarget as HTMLElement).querySelector<HTMLElement>(`#tab-${next}`)?.focus();
  };
  return html`<div class="tabs" role="tablist" aria-label="Pages" @keydown=${key}>
    ${all.map(
      (tab) =>
        html`<button
          id="tab-${tab}"
          role="tab"
          aria-selected=${tab === chosen ? 'true' : 'false'}
          aria-controls="page"
          tabindex=${tab === chosen ? 0 : -1}
          @click=${() => choose(tab)}
        >
          ${titles[tab]}
        </button>`,
    )}
  </div>`;
}
