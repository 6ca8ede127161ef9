import { languages } from '../../core/source/languages.ts';

/** The documents in which layers are found, as editors select them. */
export const sourceDocuments = languages.flatMap(({ editorIds }) => editorIds.map((language) => ({ language })));
