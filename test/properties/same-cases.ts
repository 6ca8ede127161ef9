/** A run of the suite says something about the code, not about luck: every property draws the same cases each time. More of them, drawn anew: `npm run properties`. */
import fc from 'fast-check';

fc.configureGlobal({ seed: 20_261_126 });
