import fc from 'fast-check';
import type { Network } from '../../core/network/network.ts';
import { bentNetwork, bentRecipes, type BentRecipe } from './bent-networks.ts';
import { tokenNetwork, tokenRecipes, type TokenRecipe } from './token-networks.ts';

/** Layers and units, or tokens that meet. */
export type AttackedRecipe = BentRecipe | TokenRecipe;

export const attackedRecipes: fc.Arbitrary<AttackedRecipe> = fc.oneof(
  { weight: 2, arbitrary: bentRecipes },
  { weight: 1, arbitrary: tokenRecipes },
);

export const attackedNetwork = (recipe: AttackedRecipe): Network =>
  'tokens' in recipe ? tokenNetwork(recipe) : bentNetwork(recipe);

/** How many numbers the input has. */
export const inputCount = (recipe: AttackedRecipe): number => {
  if ('tokens' in recipe) return recipe.tokens * recipe.width;
  return recipe.image ? 9 * Math.min(2, recipe.inputs) : recipe.inputs;
};
