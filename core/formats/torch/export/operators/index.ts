import { outOfPlace } from '../memory.ts';
import { aliasOf } from './aliases.ts';
import { attentions } from './attention.ts';
import { creation } from './creation.ts';
import { diagonals } from './diagonals.ts';
import { distances } from './distances.ts';
import { elementwise } from './elementwise.ts';
import { functions } from './functions.ts';
import { layers } from './layers.ts';
import { logic } from './logic.ts';
import { margins } from './margins.ts';
import { normalisations } from './normalisations.ts';
import { ordering } from './ordering.ts';
import { places } from './places.ts';
import { pooling } from './pooling.ts';
import { products } from './products.ts';
import { quantised } from './quantised.ts';
import { recurrent } from './recurrent.ts';
import { reductions } from './reductions.ts';
import { sampling } from './sampling.ts';
import { scattering } from './scattering.ts';
import { shapes } from './shapes.ts';
import { windows } from './windows.ts';
import type { Translation, Translations } from './translation.ts';

/** What is understood, in groups of their own as the documentation lists them. */
export const families = {
  layers: layers,
  products: products,
  'recurrent layers': recurrent,
  attention: attentions,
  normalisation: normalisations,
  'functions of every entry': { ...elementwise, ...functions },
  'comparisons and logic': logic,
  pooling: pooling,
  'image sizes and samples': sampling,
  'windows and blocks': windows,
  margins: margins,
  reductions: reductions,
  'distances and lengths': distances,
  order: ordering,
  'shapes and pieces': shapes,
  picking: places,
  putting: scattering,
  'quantised numbers': quantised,
  'diagonals and grids': diagonals,
  'numbers made in the graph': creation,
} as const satisfies Readonly<Record<string, Translations>>;

/** Every operator of ATen that is understood, by its name without overload. */
const translations: Translations = Object.assign({}, ...Object.values(families)) as Translations;

/** How a call is written; one that writes into its first tensor ("aten.relu_") as the one that does not. */
export function translationOf(target: string): Translation | undefined {
  for (const name of [target, outOfPlace(target)]) {
    const known = Object.hasOwn(translations, name) ? name : aliasOf(name);
    if (known !== undefined) return translations[known];
  }
  return undefined;
}
