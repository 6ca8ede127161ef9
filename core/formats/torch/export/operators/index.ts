import { outOfPlace } from '../memory.ts';
import { creation } from './creation.ts';
import { elementwise } from './elementwise.ts';
import { functions } from './functions.ts';
import { layers } from './layers.ts';
import { logic } from './logic.ts';
import { places } from './places.ts';
import { pooling } from './pooling.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { shapes } from './shapes.ts';
import type { Translation, Translations } from './translation.ts';

/** Every operator of ATen that is understood, by its name without overload. */
const translations: Translations = {
  ...creation,
  ...elementwise,
  ...functions,
  ...layers,
  ...logic,
  ...places,
  ...pooling,
  ...recurrent,
  ...reductions,
  ...shapes,
};

/** How a call is written; one that writes into its first tensor ("aten.relu_") as the one that does not. */
export function translationOf(target: string): Translation | undefined {
  for (const name of [target, outOfPlace(target)]) if (Object.hasOwn(translations, name)) return translations[name];
  return undefined;
}
