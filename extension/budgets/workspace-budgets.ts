import { Uri, workspace, type TextDocument } from 'vscode';
import { budgetFileName, type Budget } from '../../core/budgets/budget.ts';
import { pathPattern } from '../../core/budgets/glob.ts';
import { readBudgets, type BudgetsRead } from '../../core/budgets/read-budgets.ts';
import { Owner, Signal } from '../disposable.ts';
import { baseName } from '../names.ts';

const excluded = '**/{node_modules,site-packages,.venv,venv,.git,__pycache__}/**';
const filesRead = 50;
const quietMs = 200;

/** A lipschitz.json of the workspace as it is in the editor now, saved or not. */
export interface BudgetDocument extends BudgetsRead {
  readonly uri: Uri;
  readonly folder: Uri;
  readonly text: string;
}

export interface PlacedBudget {
  readonly document: BudgetDocument;
  readonly budget: Budget;
}

/** All budgets of the workspace. Read at the first question and after every change. */
export class WorkspaceBudgets extends Owner {
  readonly changes = this.track(new Signal<void>());
  #documents: Promise<readonly BudgetDocument[]> | undefined;
  #waiting: NodeJS.Timeout | undefined;

  constructor() {
    super();
    const watcher = this.track(workspace.createFileSystemWatcher(`**/${budgetFileName}`));
    watcher.onDidChange(() => this.#soon());
    watcher.onDidCreate(() => this.#soon());
    watcher.onDidDelete(() => this.#soon());
    const typed = (document: TextDocument): void => {
      if (isBudgetFile(document.uri)) this.#soon();
    };
    this.track(workspace.onDidChangeTextDocument(({ document }) => typed(document)));
    this.track(workspace.onDidOpenTextDocument(typed));
    this.track(workspace.onDidCloseTextDocument(typed));
    this.track({ dispose: () => clearTimeout(this.#waiting) });
  }

  all(): Promise<readonly BudgetDocument[]> {
    this.#documents ??= this.#read();
    return this.#documents;
  }

  /** The budgets that name a model. */
  async of(file: string): Promise<readonly PlacedBudget[]> {
    return (await this.all()).flatMap((document) => {
      const path = pathWithin(document.folder, file);
      if (path === undefined) return [];
      return document.file.budgets
        .filter(({ models }) => models.some((name) => pathPattern(name).test(path)))
        .map((budget) => ({ document, budget }));
    });
  }

  #soon(): void {
    clearTimeout(this.#waiting);
    this.#waiting = setTimeout(() => {
      this.#documents = undefined;
      this.changes.emit();
    }, quietMs);
  }

  async #read(): Promise<readonly BudgetDocument[]> {
    const found = await workspace.findFiles(`**/${budgetFileName}`, excluded, filesRead);
    const texts = await Promise.all(found.map(async (uri) => ({ uri, text: await textOf(uri) })));
    return texts.flatMap(({ uri, text }) =>
      text === undefined ? [] : [{ uri, text, folder: Uri.joinPath(uri, '..'), ...readBudgets(text) }],
    );
  }
}

export const isBudgetFile = ({ path, scheme }: Uri): boolean => scheme === 'file' && baseName(path) === budgetFileName;

async function textOf(uri: Uri): Promise<string | undefined> {
  const open = workspace.textDocuments.find((document) => document.uri.toString() === uri.toString());
  if (open !== undefined) return open.getText();
  try {
    return new TextDecoder().decode(await workspace.fs.readFile(uri));
  } catch {
    // Deleted since it was listed: then it limits nothing.
    return undefined;
  }
}

/** A path below a folder, with forward slashes. */
function pathWithin(folder: Uri, file: string): string | undefined {
  const above = folder.path.endsWith('/') ? folder.path : `${folder.path}/`;
  const { path } = Uri.file(file);
  return path.startsWith(above) ? path.slice(above.length) : undefined;
}
