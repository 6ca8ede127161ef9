import { l10n } from 'vscode';
import { layOut } from '../core/layout/lay-out.ts';
import { graphShape } from '../core/report/graph-boxes.ts';
import type { GraphDirection, GraphLayout } from '../core/report/graph-layout.ts';
import type { Inspection } from '../core/report/inspection.ts';
import { UserError } from '../core/sentence.ts';
import type { LayoutAnswer } from '../webview/graph/graph-state.ts';
import { Owner } from './disposable.ts';

/** How many layouts are kept: a look at the other direction, or a panel that comes back, costs nothing. */
const mostKept = 8;

/** Layouts of networks, computed when a panel shows its Graph tab. */
export class GraphLayouts extends Owner {
  readonly #script: string;
  readonly #disposal = new AbortController();
  /** By what they are the layout of, the oldest first. */
  readonly #kept = new Map<string, Promise<GraphLayout>>();

  constructor(script: string) {
    super();
    this.#script = script;
    this.track({ dispose: () => this.#disposal.abort() });
  }

  async of({ graph, layers }: Inspection, direction: GraphDirection): Promise<LayoutAnswer> {
    if (graph === undefined)
      return { kind: 'failed', direction, message: l10n.t('This inspection says nothing about the graph.') };
    const shape = graphShape(graph, layers, direction);
    const key = JSON.stringify(shape);
    const known = this.#kept.get(key) ?? layOut(shape, this.#script, this.#disposal.signal);
    this.#keep(key, known);
    try {
      return { kind: 'layout', layout: await known };
    } catch (error) {
      this.#kept.delete(key);
      const message =
        error instanceof UserError
          ? error.message
          : l10n.t('Lipschitz Inspector made a mistake of its own: {0}', String(error));
      return { kind: 'failed', direction, message };
    }
  }

  #keep(key: string, layout: Promise<GraphLayout>): void {
    this.#kept.delete(key);
    this.#kept.set(key, layout);
    for (const oldest of [...this.#kept.keys()].slice(0, -mostKept)) this.#kept.delete(oldest);
  }
}
