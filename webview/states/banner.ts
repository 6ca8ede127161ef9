import { html } from 'lit';
import type { TemplateResult } from 'lit';
import { nothing } from 'lit';
import type { FromPanel, PanelState } from '../contract.ts';
import type { PageAction } from './whole-page.ts';
import { l10n } from '../l10n.ts';

interface Banner {
  readonly icon: string;
  readonly sentence: string;
  readonly action: PageAction;
}

const again: FromPanel = { kind: 'inspect' };

function bannerOf(state: PanelState): Banner | undefined {
  switch (state.kind) {
    case 'stopped':
      return {
        icon: 'debug-stop',
        sentence: l10n.t('Stopped. What was found so far holds; more time can only tighten it.'),
        action: { label: l10n.t('Continue'), icon: 'play', message: again },
      };
    case 'stale':
      return {
        icon: 'history',
        sentence: l10n.t('{0} changed on disk after these numbers were computed.', state.file),
        action: { label: l10n.t('Inspect again'), icon: 'refresh', message: again },
      };
    case 'failed':
      return { icon: 'error', sentence: state.message, action: failureAction(state.action) };
    case 'loading':
    case 'running':
    case 'finished':
      return undefined;
  }
}

export const failureAction = (action: 'retry' | 'restart'): PageAction =>
  action === 'restart'
    ? { label: l10n.t('Restart'), icon: 'debug-restart', message: { kind: 'restart' } }
    : { label: l10n.t('Try again'), icon: 'refresh', message: again };

/** Above numbers that stand, what must be known about them: one sentence, one action. */
export function banner(state: PanelState, act: (message: FromPanel) => void): TemplateResult | typeof nothing {
  if (state.kind === 'running') return progress(state, act);
  const shown = bannerOf(state);
  if (shown === undefined) return nothing;
  return html`
    <section class="banner ${state.kind}" role=${state.kind === 'failed' ? 'alert' : 'status'}>
      <vscode-icon name=${shown.icon}></vscode-icon>
      <p>${shown.sentence}</p>
      <vscode-button secondary icon=${shown.action.icon} @click=${() => act(shown.action.message)}
        >${shown.action.label}</vscode-button
      >
    </section>
  `;
}

const progress = (
  { activity, fraction }: Extract<PanelState, { kind: 'running' }>,
  act: (message: FromPanel) => void,
): TemplateResult => html`
  <section class="banner running">
    <div class="progress">
      <p>${activity === '' ? l10n.t('Working') : activity}</p>
      <vscode-progress-bar
        .value=${Math.round(100 * Math.min(1, Math.max(0, fraction)))}
        .max=${100}
        .ariaLabel=${l10n.t('Progress of the inspection')}
      ></vscode-progress-bar>
    </div>
    <vscode-button secondary icon="debug-stop" @click=${() => act({ kind: 'cancel' })}
      >${l10n.t('Cancel')}</vscode-button
    >
  </section>
`;
