import { LitElement, html, nothing } from 'lit';
import type { PropertyValues, TemplateResult } from 'lit';
import type { Inspection } from '../core/report/inspection.ts';
import { modelSentence } from '../core/report/sentences.ts';
import type { FromPanel, PanelState, ToPanel } from './contract.ts';
import type { Kept } from './kept.ts';
import { nothingKept } from './kept.ts';
import { panelStyles } from './panel-styles.ts';
import { onSignal, signal } from './signals.ts';
import { advanceState } from './states/advance-state.ts';
import { announcement } from './states/announcement.ts';
import { failureAction } from './states/banner.ts';
import { FrameQueue } from './frame-queue.ts';
import { advanceMapState } from './map/map-state.ts';
import { loading } from './states/loading.ts';
import { wholePage } from './states/whole-page.ts';
import { pageStyles } from './states/styles.ts';
import { sharedStyles } from './styles.ts';
import { tabList } from './tabs.ts';
import { tabOf, tabOfLayers } from './shown-tab.ts';
import { tabPage, type Shown } from './tab-pages.ts';
import { toolbar } from './toolbar.ts';
import { l10n } from './l10n.ts';

/** The whole panel: applies what the host says, and remembers what the user chose; what the tabs show of it is in tab-pages.ts. */
export class LipschitzPanel extends LitElement implements Shown {
  static override properties = {
    state: { state: true },
    map: { state: true },
    beside: { state: true },
    smoothing: { state: true },
    comparison: { state: true },
    spectra: { state: true },
    layout: { state: true },
    growth: { state: true },
    chainSource: { state: true },
    chainRefused: { state: true },
    keptApart: { state: true },
    whatIf: { state: true },
    kept: { attribute: false },
    announced: { state: true },
  };
  declare state: PanelState | undefined;
  declare map: Shown['map'];
  declare beside: Shown['beside'];
  declare smoothing: Shown['smoothing'];
  declare comparison: Shown['comparison'];
  declare spectra: Shown['spectra'];
  declare layout: Shown['layout'];
  declare growth: Shown['growth'];
  declare chainSource: Shown['chainSource'];
  declare chainRefused: Shown['chainRefused'];
  declare keptApart: Shown['keptApart'];
  declare whatIf: Shown['whatIf'];
  declare kept: Kept;
  /** What screen readers hear: the interval, at most every two seconds. */
  declare announced: string;
  readonly #stream = new FrameQueue<ToPanel>((messages) => messages.forEach((message) => this.#take(message)));
  #announcement: ReturnType<typeof setTimeout> | undefined;

  constructor() {
    super();
    this.kept = nothingKept;
    this.announced = '';
    this.map = { kind: 'none' };
    this.smoothing = { kind: 'none' };
    this.comparison = { kind: 'none' };
    this.spectra = new Map();
    this.layout = { kind: 'none' };
    this.growth = { kind: 'none' };
    this.keptApart = { kind: 'none' };
    this.whatIf = { kind: 'none' };
    onSignal(this, 'to-host', (message) => {
      if (message.kind === 'ask-spectrum') this.spectra = new Map(this.spectra).set(message.layer, 'asked');
      if (message.kind === 'ask-growth') this.growth = { kind: 'asked' };
      if (message.kind === 'ask-kept-apart') this.keptApart = { kind: 'asked' };
      if (message.kind === 'ask-layout') this.layout = { kind: 'asked' };
      if (message.kind === 'compose-chain') this.chainRefused = undefined;
      // What stood there before is begun anew from the guess.
      if (message.kind === 'forget-chain') signal(this, 'keep', { chain: undefined });
    });
    onSignal(this, 'keep', (change) => {
      if (change.selected !== undefined && change.selected !== this.kept.selected)
        signal(this, 'to-host', { kind: 'selected', layer: change.selected });
      this.kept = { ...this.kept, ...change };
    });
    onSignal(this, 'send-focus', (where) => {
      const rows = this.kept.tab === 'graph' ? 'lipschitz-graph' : 'lipschitz-layers';
      const part = where === 'detail' ? 'lipschitz-detail' : rows;
      void this.updateComplete.then(() => this.renderRoot.querySelector(part)?.focus());
    });
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    clearTimeout(this.#announcement);
    this.#announcement = undefined;
  }

  /** Events of what is being computed come in hundreds a second: all of a frame are one change of the page. */
  hear(message: ToPanel): void {
    if (message.kind === 'event' || message.kind === 'map-event') this.#stream.push(message);
    else {
      this.#stream.flush();
      this.#take(message);
    }
  }

  #take(message: ToPanel): void {
    switch (message.kind) {
      case 'state':
        // Other bytes, or another question: what was said about single layers is no longer about them.
        if (message.state.kind === 'loading') this.#forget();
        this.state = message.state;
        break;
      case 'event':
        if (this.state !== undefined) this.state = advanceState(this.state, message.event);
        break;
      case 'spectrum':
        this.spectra = new Map(this.spectra).set(message.layer, message.answer);
        break;
      case 'growth':
        this.growth = message.answer;
        break;
      case 'kept-apart':
        this.keptApart = message.answer;
        break;
      case 'what-if':
        this.whatIf = message.state;
        break;
      case 'layout':
        this.layout = message.answer;
        break;
      case 'chain':
        if (message.news.kind === 'source') this.chainSource = message.news.found;
        else this.chainRefused = message.news.message;
        break;
      case 'map':
        this.map = message.state;
        break;
      case 'map-event':
        this.map = advanceMapState(this.map, message.event);
        break;
      case 'beside':
        this.beside = message.beside;
        break;
      case 'beside-event':
        if (this.beside !== undefined)
          this.beside = { ...this.beside, state: advanceMapState(this.beside.state, message.event) };
        break;
      case 'smoothing':
        this.smoothing = message.state;
        break;
      case 'comparison':
        this.comparison = message.state;
        break;
      case 'show':
        signal(this, 'keep', { tab: message.tab });
        break;
      case 'follow':
        this.kept = { ...this.kept, selected: message.layer };
        break;
      case 'select':
        this.kept = { ...this.kept, tab: tabOfLayers(this.kept.tab), selected: message.layer, detail: 'open' };
        void this.updateComplete.then(() => this.renderRoot.querySelector('lipschitz-layers')?.show(message.layer));
        break;
    }
  }

  #forget(): void {
    this.spectra = new Map();
    this.layout = { kind: 'none' };
    this.growth = { kind: 'none' };
    this.keptApart = { kind: 'none' };
    this.whatIf = { kind: 'none' };
  }

  override updated(changed: PropertyValues<this>): void {
    if (!changed.has('state') || this.#announcement !== undefined) return;
    this.#announcement = setTimeout(() => {
      this.#announcement = undefined;
      this.announced = announcement(this.state);
    }, 2000);
  }

  override render(): TemplateResult | typeof nothing {
    const { state } = this;
    if (state === undefined) return nothing;
    return html`
      <main>${this.#body(state)}</main>
      <p class="unseen" role="status">${this.announced}</p>
    `;
  }

  readonly #act = (message: FromPanel): void => signal(this, 'to-host', message);

  #body(state: PanelState): TemplateResult {
    if (state.kind === 'loading')
      return html`<h1 class="unseen">${state.file}</h1>
        ${loading(state, this.#act)}`;
    if (state.inspection !== undefined) return this.#numbers(state, state.inspection);
    const page =
      state.kind === 'failed'
        ? wholePage('error', state.message, this.#act, failureAction(state.action))
        : wholePage('debug-stop', l10n.t('Stopped before anything was known.'), this.#act, {
            label: l10n.t('Inspect'),
            icon: 'play',
            message: { kind: 'inspect' },
          });
    return html`<h1 class="unseen">${state.file}</h1>
      ${page}`;
  }

  #numbers(state: PanelState, inspection: Inspection): TemplateResult {
    const tab = tabOf(this.kept.tab, inspection);
    return html`
      <header>
        <div>
          <h1>${inspection.model.file}</h1>
          <p class="faint">${modelSentence(inspection)}</p>
        </div>
        ${toolbar(state, inspection, this.#act)}
      </header>
      ${tabList(tab, (chosen) => signal(this, 'keep', { tab: chosen }), inspection)}
      <div id="page" role="tabpanel" aria-labelledby="tab-${tab}">
        ${tabPage(tab, state, inspection, this, this.#act)}
      </div>
    `;
  }

  static override styles = [sharedStyles, pageStyles, panelStyles];
}

customElements.define('lipschitz-panel', LipschitzPanel);

declare global {
  interface HTMLElementTagNameMap {
    'lipschitz-panel': LipschitzPanel;
  }
}
