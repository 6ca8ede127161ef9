import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createVSIX } from '@vscode/vsce';
import { freePort } from '../e2e/processes.ts';
import { until } from '../e2e/waiting.ts';

/** Of the extension host's process, in bytes. `external` counts what is reserved for WebAssembly, whether it is used or not. */
export interface Memory {
  readonly rss: number;
  readonly heap: number;
  readonly external: number;
}

interface Questions {
  state: (argument: undefined) => { readonly active: boolean; readonly calls: readonly string[]; readonly pid: number };
  hover: (argument: { file: string; line: number; column: number; times: number }) => {
    readonly provider: readonly number[];
    readonly whole: readonly number[];
    readonly text: string;
  };
  lenses: (argument: { file: string; times: number }) => {
    readonly provider: readonly number[];
    readonly whole: readonly number[];
    readonly text: string;
  };
  setting: (argument: { name: string; value: unknown }) => null;
  watchCalls: (argument: undefined) => null;
  edit: (argument: { file: string; line: number }) => boolean;
  memory: (argument: undefined) => Memory;
  collect: (argument: undefined) => Memory;
  watchMemory: (argument: undefined) => Memory;
  peakMemory: (argument: undefined) => Memory;
}

/** A second extension in the same host, which measures what cannot be seen from outside; it is asked over HTTP. */
export class Probe {
  readonly vsix: string;
  readonly port: number;
  readonly #folder: string;

  private constructor(folder: string, vsix: string, port: number) {
    this.#folder = folder;
    this.vsix = vsix;
    this.port = port;
  }

  static async pack(): Promise<Probe> {
    const folder = await mkdtemp(join(tmpdir(), 'probe-'));
    const packagePath = join(folder, 'probe.vsix');
    const lenient = { dependencies: false, allowMissingRepository: true, skipLicense: true };
    await createVSIX({ cwd: join(import.meta.dirname, 'probe'), packagePath, ...lenient });
    return new Probe(folder, packagePath, await freePort());
  }

  async ask<K extends keyof Questions>(
    question: K,
    ...[argument]: Parameters<Questions[K]>[0] extends undefined ? [] : [Parameters<Questions[K]>[0]]
  ): Promise<ReturnType<Questions[K]>> {
    const body = JSON.stringify({ question, argument });
    const answer = await until(
      async () => {
        const response = await fetch(`http://127.0.0.1:${this.port}`, { method: 'POST', body }).catch(() => undefined);
        return (await response?.json()) as { ok: ReturnType<Questions[K]> } | { err: string } | undefined;
      },
      () => 'the probe does not answer.',
    );
    if ('err' in answer) throw new Error(answer.err);
    return answer.ok;
  }

  dispose(): Promise<void> {
    return rm(this.#folder, { recursive: true });
  }
}
