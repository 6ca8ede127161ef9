import manifest from '../package.json' with { type: 'json' };

/** Of the tool: stands in every inspection, and an answer of another version is not taken from the cache. */
export const toolVersion: string = manifest.version;
