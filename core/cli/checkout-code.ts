import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { SourceLine } from '../budgets/sarif.ts';
import type { LayerEntry, SourceTier } from '../report/inspection.ts';
import type { Owner } from '../source/find-definitions.ts';
import { languageOfPath, languages, type SourceLanguage } from '../source/languages.ts';
import { linkLayers, type Link } from '../source/link-layers.ts';
import { lineOfOwner, networksOf } from '../source/root-class.ts';
import type { SyntaxParser } from '../source/syntax-parser.ts';
import { filesBelow } from './folder.ts';
import { openSourceParser } from './source-parser.ts';

/** Where the code of one model stands. */
export interface CodeOfModel {
  readonly layers: ReadonlyMap<LayerEntry['id'], SourceLine>;
  /** The class that is the whole network. */
  readonly network: SourceLine | undefined;
}

interface SourceFile {
  /** Relative to the checkout, with forward slashes. */
  readonly file: string;
  readonly text: string;
  readonly owners: readonly Owner[];
}

interface Group {
  readonly files: readonly string[];
  /** How many folders they share with the model. */
  readonly nearness: number;
}

interface LinkedFile extends SourceFile {
  readonly links: readonly Link[];
  /** Compared from the left. */
  readonly rank: readonly number[];
}

/** A generated file of this length defines no network that people wrote. */
const mostBytes = 1_000_000;
/** Sources that may define layers are parsed up to this many, the nearest to the model first. */
const mostParsed = 400;

const weight: Readonly<Record<SourceTier, number>> = { exporter: 4, names: 3, scopes: 2, guess: 0 };

/**
 * Finds in a checkout the code of models, as the editor does in a workspace, but without a user who sees by what it was matched: a guess is
 * no line here, and of two files that fit equally well neither is named.
 */
export class CheckoutCode {
  readonly #folder: string;
  readonly #parsers = new Map<SourceLanguage['grammar'], Promise<SyntaxParser>>();
  readonly #read = new Map<string, Promise<SourceFile | undefined>>();
  #files: Promise<readonly string[]> | undefined;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async of(model: string, layers: readonly LayerEntry[]): Promise<CodeOfModel> {
    const linked: LinkedFile[] = [];
    let parsed = 0;
    for (const { files, nearness } of await this.#groups(model)) {
      for (const file of files) {
        const source = await this.#source(file);
        if (source === undefined || ++parsed > mostParsed) continue;
        const links = linkLayers(source.owners, layers, source.file).filter(({ tier }) => tier !== 'guess');
        const tier = Math.max(...links.map((link) => weight[link.tier]));
        if (links.length > 0) linked.push({ ...source, links, rank: [nearness, tier, links.length] });
      }
      // What is farther away would come after it.
      const found = new Set(linked.flatMap(({ links }) => links.map(({ layer }) => layer.id)));
      if (layers.every(({ id, parameters }) => parameters === 0 || found.has(id)) || parsed > mostParsed) break;
    }
    const lines = new Map<LayerEntry['id'], SourceLine>();
    for (const { id } of layers) {
      const found = best(linked.filter(({ links }) => links.some(({ layer }) => layer.id === id)));
      const link = found?.links.find(({ layer }) => layer.id === id);
      if (found !== undefined && link !== undefined)
        lines.set(id, { file: found.file, line: link.definition.range.startLine + 1 });
    }
    const whole = best(linked);
    return { layers: lines, network: whole && classOf(whole) };
  }

  async dispose(): Promise<void> {
    for (const opening of this.#parsers.values()) (await opening).dispose();
  }

  /** Files of one language that are equally near to the model, the nearest first; Python comes before what few networks are written in. */
  async #groups(model: string): Promise<readonly Group[]> {
    this.#files ??= filesBelow(this.#folder);
    const groups = new Map<string, Group & { readonly files: string[]; readonly place: number }>();
    for (const file of await this.#files) {
      const language = languageOfPath(file);
      if (language === undefined) continue;
      const [place, nearness] = [languages.indexOf(language), sharedStart(file, model)];
      const key = `${place} ${nearness}`;
      const group = groups.get(key) ?? { files: [], place, nearness };
      group.files.push(file);
      groups.set(key, group);
    }
    return [...groups.values()].toSorted((a, b) => a.place - b.place || b.nearness - a.nearness);
  }

  /** undefined for a file that can define no layers. */
  #source(file: string): Promise<SourceFile | undefined> {
    const reading = this.#read.get(file) ?? this.#parse(file);
    this.#read.set(file, reading);
    return reading;
  }

  async #parse(file: string): Promise<SourceFile | undefined> {
    const language = languageOfPath(file);
    const text = await textOf(join(this.#folder, file));
    if (language?.mentions.test(text) !== true) return undefined;
    const owners = (await this.#parser(language)).reading(text, (root) => language.owners(root, text));
    return { file, text, owners };
  }

  #parser({ grammar }: SourceLanguage): Promise<SyntaxParser> {
    const known = this.#parsers.get(grammar);
    if (known !== undefined) return known;
    const opening = openSourceParser(grammar);
    this.#parsers.set(grammar, opening);
    return opening;
  }
}

/** Nothing of a file that cannot be read: another one may define the layers, and a check does not fail for it. */
async function textOf(path: string): Promise<string> {
  try {
    return (await stat(path)).size > mostBytes ? '' : await readFile(path, 'utf8');
  } catch {
    return '';
  }
}

/** The first by rank; undefined when another one is as good. */
function best<T extends { readonly rank: readonly number[] }>(all: readonly T[]): T | undefined {
  const [first, second] = all.toSorted((a, b) => compareRanks(b.rank, a.rank));
  return first !== undefined && second !== undefined && compareRanks(first.rank, second.rank) === 0 ? undefined : first;
}

const compareRanks = (a: readonly number[], b: readonly number[]): number =>
  a.map((value, i) => value - b[i]!).find((difference) => difference !== 0) ?? 0;

function classOf({ file, text, owners, links }: LinkedFile): SourceLine | undefined {
  const [name] = networksOf(owners, links);
  const line = name === undefined ? undefined : lineOfOwner(text.split('\n'), name);
  return line === undefined ? undefined : { file, line: line + 1 };
}

/** How many folders two paths have in common, from the start. */
function sharedStart(one: string, other: string): number {
  const [a, b] = [one, other].map((path) => path.split('/')) as [string[], string[]];
  const different = a.findIndex((part, i) => part !== b[i]);
  return different < 0 ? a.length : different;
}
