import type { Chain, ChainLayer, ChainStep } from '../../core/network/layer-chain.ts';
import { chainFunctions } from '../../core/network/layer-chain.ts';
import { fitsAlong, type InspectedChain } from '../../core/report/layer-chain.ts';
import { l10n } from '../l10n.ts';

/** What the user has made of a proposal, kept while the panel is hidden. */
export interface ChainDraft extends Chain {
  /** Said behind the basis, so that a guess that was mended is not called the guess. */
  readonly changed: boolean;
}

/** What the host knows of chains beside what the inspection says. */
export type ChainNews =
  /** A source file that defines the layers calls them in this order; undefined where none is known. */
  | { readonly kind: 'source'; readonly found: { readonly file: string; readonly chain: Chain } | undefined }
  /** It was composed, and cannot be inspected. */
  | { readonly kind: 'refused'; readonly message: string };

/** What the draft begins with: what the numbers rest on, else what the code says, else what names say. */
export function firstDraft(chain: InspectedChain, fromSource: Chain | undefined): ChainDraft {
  const { basis, input, steps } = chain.state === 'proposed' && fromSource !== undefined ? fromSource : chain;
  return { basis, input, steps, changed: false };
}

/** The basis goes into the inspection and its reports, which say the same in every language. */
export const chainOf = ({ basis, input, steps, changed }: ChainDraft): Chain => ({
  basis: changed ? `${basis}, changed by hand` : basis,
  input,
  steps,
});

export const withSteps = (draft: ChainDraft, steps: readonly ChainStep[]): ChainDraft => ({
  ...draft,
  steps,
  changed: true,
});

export function moved(steps: readonly ChainStep[], from: number, to: number): readonly ChainStep[] {
  const others = steps.toSpliced(from, 1);
  return others.toSpliced(to, 0, steps[from]!);
}

/** Everything that can be put into a chain, with the words of the list. */
export function stepChoices(layers: readonly ChainLayer[]): readonly (readonly [words: string, step: ChainStep])[] {
  return [
    ...chainFunctions.map((name) => [name, { function: name }] as const),
    [l10n.t('flatten'), { flatten: true }],
    [l10n.t('max pooling of 2'), { pool: 'max', size: 2 }],
    [l10n.t('average pooling of 2'), { pool: 'average', size: 2 }],
    ...layers.map(({ id, name }) => [name, { layer: id }] as const),
  ];
}

/** "1×28×28", with × or x or commas between; a question mark where a size is not known. undefined when it says something else. */
export function sizesOf(text: string): readonly (number | null)[] | undefined {
  const parts = text.split(/[×x,*\s]+/u).filter((part) => part !== '');
  const sizes = parts.map((part) => (part === '?' ? null : Number(part)));
  return sizes.every((size) => size === null || (Number.isSafeInteger(size) && size > 0)) ? sizes : undefined;
}

/** Why the chain cannot be composed yet; undefined when it can. */
export function obstacle(draft: ChainDraft, layers: readonly ChainLayer[]): string | undefined {
  if (draft.steps.length === 0) return l10n.t('The chain has no steps yet.');
  const fits = fitsAlong(draft, layers);
  const at = fits.findIndex(({ kind }) => kind === 'misfit');
  const misfit = fits[at];
  // In a narrow panel the row's own words are beyond its right edge.
  if (misfit?.kind === 'misfit') return l10n.t('Step {0} does not fit: {1}', at + 1, misfit.reason);
  if (draft.input.length === 0 || draft.input.includes(null)) return l10n.t('Say all sizes of the input first.');
  return undefined;
}
