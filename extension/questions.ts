import type { Memento } from 'vscode';
import type { InspectionRequest } from '../core/inspection/request.ts';

/** What the user asks about one model, where it differs from the settings and the whole network. */
export type Question = Partial<
  Pick<InspectionRequest, 'norm' | 'region' | 'input' | 'output' | 'quantisation' | 'chain'>
>;

const key = (file: string): string => `lipschitz.question:${file}`;

/** The questions of this workspace, remembered from window to window. */
export class Questions {
  readonly #memory: Memento;

  constructor(memory: Memento) {
    this.#memory = memory;
  }

  of(file: string): Question {
    return this.#memory.get<Question>(key(file)) ?? {};
  }

  async change(file: string, question: Question): Promise<void> {
    await this.#memory.update(key(file), Object.keys(question).length === 0 ? undefined : question);
  }
}
