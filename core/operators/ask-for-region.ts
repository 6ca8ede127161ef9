/** The remedy where a slope has a limit on every bounded region, in the words of the panel and of the command line. */
export const askForRegion = 'Ask about a bounded region, for example every input between -1 and 1 (--region box:-1,1).';
