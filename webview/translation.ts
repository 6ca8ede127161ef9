/** The id of the element that carries the words of another language into the page. */
export const wordsElement = 'words';

/** Sentence to sentence, as VS Code hands a translation out. */
export type Words = Readonly<Record<string, string>>;
