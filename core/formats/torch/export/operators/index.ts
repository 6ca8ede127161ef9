import { elementwise } from './elementwise.ts';
import { layers } from './layers.ts';
import { pooling } from './pooling.ts';
import { recurrent } from './recurrent.ts';
import { shapes } from './shapes.ts';
import type { Translations } from './translation.ts';

/** Every operator of ATen that is understood, by its name without overload. */
export const translations: Translations = { ...elementwise, ...layers, ...pooling, ...recurrent, ...shapes };
