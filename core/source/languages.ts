import type { Node } from 'web-tree-sitter';
import type { ClassMemory } from './class-memory.ts';
import { findOwnersIn, type Owner } from './find-definitions.ts';
import { findTypeScriptOwners } from './typescript/find-definitions.ts';

/** A programming language in which networks are written. Another one is one folder here and one entry. */
export interface SourceLanguage {
  /** Its grammar's file, as the build packs it. */
  readonly grammar: 'python' | 'typescript';
  /** As editors call it. */
  readonly editorIds: readonly string[];
  readonly extensions: readonly string[];
  /** Files without any of these define no layers and need not be parsed. */
  readonly mentions: RegExp;
  /** `memory` belongs to a file that is read again and again. */
  owners(root: Node, text: string, memory?: ClassMemory): readonly Owner[];
}

export const languages: readonly SourceLanguage[] = [
  {
    grammar: 'python',
    editorIds: ['python'],
    extensions: ['.py'],
    mentions: /\bnn\.|\bnnx\.|\bkeras\b|\blayers\.|\btorch\b|\bflax\b/,
    owners: findOwnersIn,
  },
  {
    // TypeScript's grammar with JSX reads JavaScript too.
    grammar: 'typescript',
    editorIds: ['typescript', 'javascript', 'typescriptreact', 'javascriptreact'],
    extensions: ['.ts', '.js', '.mjs', '.tsx', '.jsx'],
    mentions: /\blayers\b|\btensorflow\b|\bnn\.|\bnew (Dense|Linear|Conv)/,
    owners: (root) => findTypeScriptOwners(root),
  },
];

export const languageOfPath = (path: string): SourceLanguage | undefined =>
  languages.find(({ extensions }) => extensions.some((extension) => path.toLowerCase().endsWith(extension)));

export const languageOfEditor = (id: string): SourceLanguage | undefined =>
  languages.find(({ editorIds }) => editorIds.includes(id));
