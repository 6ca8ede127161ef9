import { join } from 'node:path';
import { commands, window, type ExtensionContext } from 'vscode';
import { Annotations } from './annotations/annotations.ts';
import { BudgetFixes } from './annotations/budget-fixes.ts';
import { BudgetMarks } from './annotations/budget-marks.ts';
import { BudgetProblems } from './annotations/budget-problems.ts';
import { ClassLenses } from './annotations/class-lenses.ts';
import { LayerHints } from './annotations/layer-hints.ts';
import { ModelCommands } from './annotations/model-commands.ts';
import { BudgetFileProblems } from './budgets/budget-file-problems.ts';
import { BudgetLenses } from './budgets/budget-lenses.ts';
import { CheckBudgets } from './budgets/check-budgets.ts';
import { JudgedModels } from './budgets/judged-models.ts';
import { WorkspaceBudgets } from './budgets/workspace-budgets.ts';
import { ChosenLinks } from './chosen-links.ts';
import { ChainCommand } from './chain-command.ts';
import { Chains } from './chains.ts';
import { CompareCommand } from './compare-command.ts';
import { Comparisons } from './comparisons.ts';
import { CodeLinks } from './code-links.ts';
import { Owner } from './disposable.ts';
import { ExportCommand } from './export-command.ts';
import { FailureMessages } from './failure-messages.ts';
import { FileWatch } from './file-watch.ts';
import { FinishedInspections } from './finished-inspections.ts';
import { GraphLayouts } from './graph-layouts.ts';
import { HistoryPanels } from './history-panels.ts';
import { InspectCommand } from './inspect-command.ts';
import { InspectionStore } from './inspection-store.ts';
import { LayerCommands } from './layer-commands.ts';
import { LayerHover } from './layer-hover.ts';
import { LinkCommand } from './link-command.ts';
import { MapCommand } from './map-command.ts';
import { LayerSpectra } from './layer-spectra.ts';
import { Maps } from './maps.ts';
import { command, walkthroughId } from './names.ts';
import { KeptApart } from './kept-apart.ts';
import { NoiseGrowths } from './noise-growths.ts';
import { packedFiles } from './packed-files.ts';
import { ActiveModel } from './models/active-model.ts';
import { ModelsView } from './models/models-view.ts';
import { WorkspaceModels } from './models/workspace-models.ts';
import { SelectedLine } from './annotations/selected-line.ts';
import { Panels } from './panels.ts';
import { QuestionCommand } from './question-command.ts';
import { Questions } from './questions.ts';
import { RunningStatus } from './running-status.ts';
import { SourceFiles } from './source-files.ts';
import { SmoothCommand } from './smooth-command.ts';
import { Smoothings } from './smoothings.ts';
import { WhatIfs } from './what-ifs.ts';
import { BilipschitzCommand } from './bilipschitz-command.ts';
import { WhatIfCommand } from './what-if-command.ts';
import { Worker } from './worker.ts';

/** The whole extension on one page: who depends on whom. Nothing here reads a file or starts a process. */
class Extension extends Owner {
  constructor(context: ExtensionContext) {
    super();
    const files = packedFiles(context.extensionUri);
    const { version } = context.extension.packageJSON as { version: string };
    const folder = (context.storageUri ?? context.globalStorageUri).fsPath;
    const output = this.track(window.createOutputChannel('Lipschitz Inspector', { log: true }));
    const worker = this.track(new Worker(files.worker, join(context.globalStorageUri.fsPath, 'cache'), output));
    const questions = new Questions(context.workspaceState);
    const finished = new FinishedInspections(join(folder, 'inspections'), version);
    const store = this.track(new InspectionStore(worker, finished, questions, output));
    const maps = this.track(new Maps(worker, questions, store));
    const smoothings = this.track(new Smoothings(worker, questions, store));
    const comparisons = this.track(new Comparisons(worker, questions, store));
    const spectra = this.track(new LayerSpectra(worker, questions));
    const growths = this.track(new NoiseGrowths(worker, questions));
    const keptApart = this.track(new KeptApart(worker, questions));
    const whatIfs = this.track(new WhatIfs(worker, questions, store));
    const sources = this.track(new SourceFiles(files, output));
    const chosen = this.track(new ChosenLinks(context.workspaceState));
    const code = this.track(new CodeLinks(store, sources, chosen));
    const chains = this.track(new Chains(store, questions, code));
    const layouts = this.track(new GraphLayouts(files.layoutThread));
    const panels = this.track(
      new Panels(
        { store, maps, smoothings, comparisons, spectra, layouts, growths, chains, whatIfs, keptApart },
        files,
        context.workspaceState,
      ),
    );
    this.track(new InspectCommand(store, panels, code));
    this.track(new QuestionCommand(store, panels, questions));
    this.track(new ExportCommand(store, panels, worker, keptApart));
    this.track(new MapCommand(panels));
    this.track(new SmoothCommand(panels));
    this.track(new ChainCommand(panels, store));
    this.track(new BilipschitzCommand(panels, questions, worker));
    this.track(new WhatIfCommand(store, panels, questions, worker));
    this.track(new CompareCommand(panels, comparisons));
    this.track(new HistoryPanels(worker, files));
    this.track(new LayerCommands(store, panels, code));
    const budgets = this.track(new WorkspaceBudgets());
    const judged = this.track(new JudgedModels(store, budgets));
    const annotations = this.track(new Annotations(store, judged, code, context.workspaceState));
    this.track(new CheckBudgets(store, budgets, judged, worker));
    this.track(new BudgetFileProblems(budgets, judged));
    this.track(new BudgetLenses(budgets, judged));
    this.track(new BudgetProblems(store, judged, code, annotations));
    this.track(new BudgetFixes(annotations));
    this.track(new BudgetMarks(annotations, files));
    this.track(new SelectedLine(annotations, panels));
    this.track(new ClassLenses(annotations));
    this.track(new LayerHints(annotations));
    this.track(new ModelCommands(panels));
    this.track(new LayerHover(annotations, spectra));
    this.track(new LinkCommand(chosen, code, panels));
    const models = this.track(new WorkspaceModels());
    this.track(new ModelsView(models, store, chosen));
    this.track(new ActiveModel(store, panels, code));
    this.track(new RunningStatus(store));
    this.track(new FailureMessages(store));
    this.track(new FileWatch(store));
    this.track(
      commands.registerCommand(command.cancel, () => {
        store.models.forEach((model) => model.cancel());
        maps.cancelAll();
        smoothings.cancelAll();
        comparisons.cancelAll();
      }),
    );
    this.track(commands.registerCommand(command.restartWorker, () => worker.restart()));
    this.track(commands.registerCommand(command.showOutput, () => output.show()));
    this.track(
      commands.registerCommand(command.walkthrough, () =>
        commands.executeCommand('workbench.action.openWalkthrough', walkthroughId, false),
      ),
    );
  }
}

export function activate(context: ExtensionContext): void {
  context.subscriptions.push(new Extension(context));
}
