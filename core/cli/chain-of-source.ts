import { readFile, stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { chainLayers } from '../formats/weights/chain/propose.ts';
import { entryOf } from '../inspection/weights/entries.ts';
import type { Chain } from '../network/layer-chain.ts';
import type { WeightLayer } from '../network/weight-layer.ts';
import { UserError } from '../sentence.ts';
import { chainFromCode } from '../source/chain-from-code.ts';
import { languageOfPath, languages } from '../source/languages.ts';
import { linkLayers } from '../source/link-layers.ts';
import { openSourceParser } from './source-parser.ts';

const mostBytes = 10_000_000;

/** The chain that a source file proposes for weights: the layers in the order in which the class that defines them calls them. It is read, never run. */
export async function chainOfSource(path: string, weights: string, layers: readonly WeightLayer[]): Promise<Chain> {
  const name = basename(path);
  const language = languageOfPath(path);
  if (language === undefined) {
    const extensions = languages.flatMap((known) => known.extensions).join(', ');
    throw new UserError(`${name} is no source file that is read here: its name should end with one of ${extensions}.`);
  }
  const text = await textOf(path);
  const parser = await openSourceParser(language.grammar);
  try {
    const owners = parser.reading(text, (root) => language.owners(root, text));
    const links = linkLayers(owners, layers.map(entryOf), name, 'chosen');
    const chain = chainFromCode(owners, links, chainLayers(layers), name);
    if (chain !== undefined) return chain;
  } finally {
    parser.dispose();
  }
  throw new UserError(
    `${name} puts no two layers of ${weights} into an order: name the file with the class that defines them, or leave --source out.`,
  );
}

async function textOf(path: string): Promise<string> {
  const name = basename(path);
  const file = resolve(path);
  const { size } = await stat(file).catch(() => {
    throw new UserError(`The source file ${name} cannot be read: there is no such file.`);
  });
  if (size > mostBytes) throw new UserError(`${name} is larger than any source file that people wrote.`);
  return readFile(file, 'utf8');
}
