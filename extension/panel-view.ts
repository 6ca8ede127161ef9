import { commands, l10n, type WebviewPanel } from 'vscode';
import type { GraphDirection } from '../core/report/graph-layout.ts';
import type { LayerEntry } from '../core/report/inspection.ts';
import type { FromPanel, ToPanel } from '../webview/contract.ts';
import type { Tab } from '../webview/kept.ts';
import { mapOf, type MapChoice } from '../webview/map/map-state.ts';
import { Owner } from './disposable.ts';
import type { Chains } from './chains.ts';
import type { Comparisons } from './comparisons.ts';
import { copyText, sayCopied } from './copy-text.ts';
import type { InspectionStore } from './inspection-store.ts';
import { chooseModel } from './inspect-command.ts';
import { exportMap } from './map-export.ts';
import type { GraphLayouts } from './graph-layouts.ts';
import type { KeptApart } from './kept-apart.ts';
import type { NoiseGrowths } from './noise-growths.ts';
import type { LayerSpectra } from './layer-spectra.ts';
import type { Maps } from './maps.ts';
import type { ModelComparison } from './model-comparison.ts';
import type { ModelInspection } from './model-inspection.ts';
import type { ModelMap } from './model-map.ts';
import type { ModelSmoothing } from './model-smoothing.ts';
import { savePicture } from './save-picture.ts';
import { command } from './names.ts';
import type { PackedFiles } from './packed-files.ts';
import { panelPage } from './panel-page.ts';
import type { Smoothings } from './smoothings.ts';
import type { ModelWhatIf } from './model-what-if.ts';
import type { WhatIfs } from './what-ifs.ts';

/** What a view needs of the extension, one entry for each thing that its panel can ask for. */
export interface PanelParts {
  readonly store: InspectionStore;
  readonly maps: Maps;
  readonly smoothings: Smoothings;
  readonly comparisons: Comparisons;
  readonly spectra: LayerSpectra;
  readonly layouts: GraphLayouts;
  readonly growths: NoiseGrowths;
  readonly chains: Chains;
  readonly whatIfs: WhatIfs;
  readonly keptApart: KeptApart;
}

/** Who opened a view hears of it. */
export interface ViewListener {
  readonly closed: () => void;
  readonly selected: (layer: LayerEntry['id']) => void;
}

/** One webview that shows one model: custom editor and side panel are both this. Disposed with its panel. */
export class PanelView extends Owner {
  readonly model: ModelInspection;
  readonly #panel: WebviewPanel;
  readonly #store: InspectionStore;
  readonly #maps: Maps;
  readonly #map: ModelMap;
  readonly #smoothings: Smoothings;
  readonly #smoothing: ModelSmoothing;
  readonly #comparisons: Comparisons;
  readonly #comparison: ModelComparison;
  readonly #spectra: LayerSpectra;
  readonly #layouts: GraphLayouts;
  readonly #growths: NoiseGrowths;
  readonly #chains: Chains;
  readonly #whatIfs: WhatIfs;
  readonly #keptApart: KeptApart;
  readonly #whatIf: ModelWhatIf;
  /** The script listens only from its `ready` on; a hidden webview is discarded and says `ready` again when it comes back. */
  #listens = false;
  #visible = false;
  readonly #selectedThere: ViewListener['selected'];
  /** What the map on screen was drawn with. */
  #mapChoice: MapChoice | undefined;
  /** Asked for before the script listened. */
  #selected: LayerEntry['id'] | undefined;
  #tab: Tab | undefined;

  constructor(
    panel: WebviewPanel,
    model: ModelInspection,
    { store, maps, smoothings, comparisons, spectra, layouts, growths, chains, whatIfs, keptApart }: PanelParts,
    files: PackedFiles,
    listener: ViewListener,
  ) {
    super();
    this.#panel = panel;
    this.model = model;
    this.#store = store;
    this.#maps = maps;
    this.#map = maps.of(model.file);
    this.#smoothings = smoothings;
    this.#smoothing = smoothings.of(model.file);
    this.#comparisons = comparisons;
    this.#comparison = comparisons.of(model.file);
    this.#spectra = spectra;
    this.#layouts = layouts;
    this.#growths = growths;
    this.#chains = chains;
    this.#whatIfs = whatIfs;
    this.#keptApart = keptApart;
    this.#whatIf = whatIfs.of(model.file);
    panel.webview.options = { enableScripts: true, localResourceRoots: [files.webview.folder] };
    this.track(panel.webview.onDidReceiveMessage((message: FromPanel) => this.#hear(message)));
    this.track(panel.onDidChangeViewState(() => this.#look()));
    this.track(
      model.changes.listen((change) => {
        this.#tell(change);
        if (change.kind === 'state' && change.state.kind === 'finished') void this.#tellChain();
      }),
    );
    this.track(this.#map.changes.listen((change) => this.#tell(change)));
    this.track(maps.besideOf(model.file).changes.listen((change) => this.#tell(change)));
    this.track(this.#smoothing.changes.listen((state) => this.#tell({ kind: 'smoothing', state })));
    this.track(this.#comparison.changes.listen((state) => this.#tell({ kind: 'comparison', state })));
    this.track(
      chains.refusals.listen(({ file, message }) => {
        if (file === model.file) this.#tell({ kind: 'chain', news: { kind: 'refused', message } });
      }),
    );
    this.track(this.#whatIf.changes.listen((state) => this.#tell({ kind: 'what-if', state })));
    this.#selectedThere = listener.selected;
    this.track({ dispose: listener.closed });
    this.track({ dispose: () => this.#setVisible(false) });
    this.track(panel.onDidDispose(() => this.dispose()));
    panel.webview.html = panelPage(panel.webview, files.webview.script, files);
    this.#look();
  }

  get isActive(): boolean {
    return this.#panel.active;
  }

  reveal(): void {
    this.#panel.reveal(this.#panel.viewColumn, false);
  }

  select(layer: LayerEntry['id']): void {
    if (this.#listens) this.#tell({ kind: 'select', layer });
    else this.#selected = layer;
  }

  follow(layer: LayerEntry['id']): void {
    this.#tell({ kind: 'follow', layer });
  }

  show(tab: Tab): void {
    if (this.#listens) this.#tell({ kind: 'show', tab });
    else this.#tab = tab;
  }

  #tell(message: ToPanel): void {
    if (this.#listens) void this.#panel.webview.postMessage(message);
  }

  async #tellSpectrum(layer: LayerEntry['id']): Promise<void> {
    this.#tell({ kind: 'spectrum', layer, answer: await this.#spectra.of(this.model.file, layer) });
  }

  async #tellGrowth(noise: number): Promise<void> {
    const { inspection, file } = this.model;
    if (inspection !== undefined)
      this.#tell({ kind: 'growth', answer: await this.#growths.of(file, inspection, noise) });
  }

  async #tellKeptApart(): Promise<void> {
    const { inspection, file } = this.model;
    if (inspection !== undefined)
      this.#tell({ kind: 'kept-apart', answer: await this.#keptApart.of(file, inspection) });
  }

  async #tellChain(): Promise<void> {
    const { inspection } = this.model;
    if (inspection?.chain === undefined) return;
    this.#tell({ kind: 'chain', news: { kind: 'source', found: await this.#chains.fromSource(this.model) } });
  }

  async #tellLayout(direction: GraphDirection): Promise<void> {
    const { inspection } = this.model;
    if (inspection !== undefined) this.#tell({ kind: 'layout', answer: await this.#layouts.of(inspection, direction) });
  }

  async #chooseBeside(): Promise<void> {
    const other = await chooseModel(l10n.t('Model whose map stands beside'));
    if (other !== undefined) await this.#maps.putBeside(this.model.file, other, this.#mapChoice);
  }

  #look(): void {
    if (!this.#panel.visible) this.#listens = false;
    this.#setVisible(this.#panel.visible);
  }

  #setVisible(visible: boolean): void {
    if (visible === this.#visible) return;
    this.#visible = visible;
    this.#store.viewed(this.model, visible ? 1 : -1);
  }

  #hear(message: FromPanel): void {
    const { file } = this.model;
    switch (message.kind) {
      case 'ready':
        this.#listens = true;
        this.#tell({ kind: 'state', state: this.model.state });
        if (this.#map.state.kind !== 'none') this.#tell({ kind: 'map', state: this.#map.state });
        this.#tell({ kind: 'beside', beside: this.#maps.besideOf(file).shown });
        if (this.#smoothing.state.kind !== 'none') this.#tell({ kind: 'smoothing', state: this.#smoothing.state });
        if (this.#comparison.state.kind !== 'none') this.#tell({ kind: 'comparison', state: this.#comparison.state });
        if (this.#whatIf.state.kind !== 'none') this.#tell({ kind: 'what-if', state: this.#whatIf.state });
        if (this.model.state.kind === 'finished') void this.#tellChain();
        if (this.#selected !== undefined) this.#tell({ kind: 'select', layer: this.#selected });
        if (this.#tab !== undefined) this.#tell({ kind: 'show', tab: this.#tab });
        [this.#selected, this.#tab] = [undefined, undefined];
        return;
      case 'selected':
        this.#selectedThere(message.layer);
        return;
      case 'inspect':
      case 'restart':
        // A worker that died is forked anew by the next call.
        void this.#store.inspect(file);
        return;
      case 'cancel':
        this.model.cancel();
        return;
      case 'export':
        void commands.executeCommand(command.exportReport, {
          file,
          ...(message.format === 'ask' ? {} : { format: message.format }),
        });
        return;
      case 'ask':
        void commands.executeCommand(command.changeQuestion, file);
        return;
      case 'draw-map':
        this.#mapChoice = message.choice;
        void this.#maps.draw(file, message.choice);
        return;
      case 'pin-map':
        void this.#map.pin(message.at);
        return;
      case 'choose-beside':
        void this.#chooseBeside();
        return;
      case 'map-alone':
        this.#maps.besideOf(file).alone();
        return;
      case 'cancel-map':
        this.#map.cancel();
        this.#maps.besideOf(file).map?.cancel();
        return;
      case 'export-map': {
        const map = mapOf(this.#map.state);
        const beside = this.#maps.besideOf(file).map;
        if (map !== undefined) void exportMap(file, map, beside && mapOf(beside.state), message);
        return;
      }
      case 'smooth':
        void this.#smoothings.smooth(file, message.choice);
        return;
      case 'choose-smoothing-data':
        void this.#smoothings.compareOnData(file, message.choice);
        return;
      case 'leave-smoothing-data':
        void this.#smoothings.leaveData(file, message.choice);
        return;
      case 'cancel-smoothing':
        this.#smoothing.cancel();
        return;
      case 'export-smoothing':
        if (message.format === 'onnx') void this.#smoothings.exportModel(file, message.choice);
        else void this.#smoothings.exportReport(file, message.format);
        return;
      case 'compare-with':
        void commands.executeCommand(command.compare, file);
        return;
      case 'swap-compared':
        this.#comparison.swap();
        return;
      case 'cancel-compare':
        this.#comparison.cancel();
        return;
      case 'export-comparison':
        void this.#comparisons.export(file, message.format, 'picture' in message ? message.picture : undefined);
        return;
      case 'ask-spectrum':
        void this.#tellSpectrum(message.layer);
        return;
      case 'ask-growth':
        void this.#tellGrowth(message.noise);
        return;
      case 'ask-kept-apart':
        void this.#tellKeptApart();
        return;
      case 'compose-chain':
        void this.#chains.compose(file, message.chain);
        return;
      case 'forget-chain':
        void this.#chains.forget(file);
        return;
      case 'ask-what-if':
        void this.#whatIfs.try(file, message.changes);
        return;
      case 'cancel-what-if':
        this.#whatIf.cancel();
        return;
      case 'save-what-if':
        void this.#whatIfs.save(file);
        return;
      case 'ask-layout':
        void this.#tellLayout(message.direction);
        return;
      case 'reveal':
        void commands.executeCommand(command.revealCode, { file, layer: message.layer });
        return;
      case 'save-picture':
        void savePicture(file, message);
        return;
      case 'copy':
        void copyText(message.text);
        return;
      case 'copied':
        sayCopied();
        return;
    }
  }
}
