import { wordsElement, type Words } from './translation.ts';

/** Read when the first sentence is asked for: some are constants of modules that load before anything runs. */
let known: Words | undefined;

/**
 * The sentences of the panel in the user's language, written and collected like those of the extension. What core/report says (sentences of
 * reports, names of columns) is the same in every language: those words are quoted, searched for and compared between machines.
 */
export const l10n = {
  t: (sentence: string, ...values: readonly (string | number)[]): string => {
    known ??= wordsOfPage();
    return (known[sentence] ?? sentence).replace(/\{(\d+)\}/g, (place, i: string) =>
      String(values[Number(i)] ?? place),
    );
  },
};

/** As much of a document as is needed. States that the host shares with the panel import this, and the host has none. */
interface Page {
  readonly document?: { getElementById(id: string): { readonly textContent: string | null } | null };
}

/** None in the host, and none in English. */
function wordsOfPage(): Words {
  const { document } = globalThis as Page;
  const text = document?.getElementById(wordsElement)?.textContent ?? '';
  return text === '' ? {} : (JSON.parse(text) as Words);
}
