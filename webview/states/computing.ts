import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { l10n } from '../l10n.ts';

/** Whatever a tab computes when it is asked: the states that a map and a smoothing share. */
export type Computing =
  | { readonly kind: 'none' | 'finished' | 'stopped' }
  | { readonly kind: 'running'; readonly activity: string; readonly fraction: number }
  | { readonly kind: 'failed'; readonly message: string };

export interface ComputingWords {
  /** True while an inspection runs: one computation at a time, each with all cores. */
  readonly queued: boolean;
  /** "the map": what the bar is the progress of. */
  readonly what: string;
  /** What stands after a cancel. */
  readonly stopped: string;
}

/** The line between a tab's controls and its numbers. */
export function computing(
  state: Computing,
  { queued, what, stopped }: ComputingWords,
): TemplateResult | typeof nothing {
  switch (state.kind) {
    case 'running':
      return html`<div class="progress">
        <p role="status">
          ${state.activity !== '' ? state.activity : queued ? l10n.t('Waits for the inspection to end') : l10n.t('Working')}
        </p>
        <vscode-progress-bar
          .value=${Math.round(100 * Math.min(1, Math.max(0, state.fraction)))}
          .max=${100}
          .ariaLabel=${l10n.t('Progress of {0}', what)}
        ></vscode-progress-bar>
      </div>`;
    case 'stopped':
      return html`<p class="objection" role="status">${stopped}</p>`;
    case 'failed':
      return html`<p class="objection" role="alert">${state.message}</p>`;
    case 'none':
    case 'finished':
      return nothing;
  }
}
