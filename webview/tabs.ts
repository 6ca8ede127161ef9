import { html } from 'lit';
import type { TemplateResult } from 'lit';
import type { Inspection } from '../core/report/inspection.ts';
import type { Tab } from './kept.ts';
import { l10n } from './l10n.ts';

const titles: Readonly<Record<Tab, string>> = {
  network: l10n.t('Network'),
  chain: l10n.t('Chain'),
  graph: l10n.t('Graph'),
  coupling: l10n.t('Coupling'),
  map: l10n.t('Map'),
  smoothing: l10n.t('Smoothing'),
  compare: l10n.t('Compare'),
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
  return html`<div class="tabs" role="tablist" aria-label=${l10n.t('Pages')} @keydown=${key}>
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
