import type { LipschitzMap } from '../../core/report/map.ts';
import { colouredValues } from '../../core/report/map-cell.ts';
import {
  extremesOf,
  jointExtremes,
  scaleBetween,
  steadyScale,
  type ColourScale,
} from '../../core/report/picture/colour-scale.ts';
import { planeImages } from '../../core/report/picture/input-image.ts';
import { colourOf } from '../../core/report/picture/map-picture.ts';
import type { MapLook } from '../kept.ts';

/** Of the pictures of an image network's plane. */
const imageSide = 92;

/**
 * What follows from a map for its picture, as the same object for as long as it is the same: tiles come many times a second, and canvases draw anew only what is another
 * object.
 */
export class SteadyView {
  #shared: ColourScale | undefined;
  #looked: { readonly of: MapLook; readonly look: MapLook } | undefined;
  #images: { readonly plane: LipschitzMap['plane']; readonly picture: string } | undefined;
  #compared: { readonly planes: readonly LipschitzMap['plane'][]; readonly same: boolean } | undefined;

  /** The other map, where it shows the same part of the same plane. */
  comparable(map: LipschitzMap, other: LipschitzMap | undefined): LipschitzMap | undefined {
    if (other === undefined) return undefined;
    // A tile changes no plane, and those of large images are long to compare.
    const [one, two] = this.#compared?.planes ?? [];
    if (this.#compared === undefined || one !== map.plane || two !== other.plane)
      this.#compared = { planes: [map.plane, other.plane], same: sameView(map, other) };
    return this.#compared.same ? other : undefined;
  }

  /** One scale for both: colours are only compared where they mean the same. */
  scaleOfBoth(map: LipschitzMap, other: LipschitzMap | undefined, look: MapLook): ColourScale | undefined {
    if (other === undefined) return (this.#shared = undefined);
    const maps = [map, other];
    const extremes = maps.map((one) => extremesOf(colouredValues(one, look.colour), look.scale)).reduce(jointExtremes);
    const complete = maps.every(({ done, grid }) => done === grid.rows * grid.columns);
    const scale = complete ? scaleBetween(extremes, look.scale) : steadyScale(this.#shared, extremes, look.scale);
    if (JSON.stringify(scale) !== JSON.stringify(this.#shared)) this.#shared = scale;
    return this.#shared;
  }

  /** The same object for as long as it looks the same: canvases compare it, and draw lines and images anew only for another one. */
  look(look: MapLook, map: LipschitzMap, other: LipschitzMap | undefined): MapLook {
    const colour =
      colourOf(other === undefined ? [map] : [map, other]) === 'lower' && look.colour !== 'lower'
        ? 'lower'
        : look.colour;
    if (this.#looked?.of !== look || this.#looked.look.colour !== colour)
      this.#looked = { of: look, look: { ...look, colour } };
    return this.#looked.look;
  }

  /** The plane's points as images, where the network sees some. */
  images(map: LipschitzMap): string {
    if (this.#images?.plane !== map.plane) this.#images = { plane: map.plane, picture: planeImages(map, imageSide) };
    return this.#images.picture;
  }
}

const sameView = (one: LipschitzMap, other: LipschitzMap): boolean =>
  JSON.stringify([one.grid, one.plane.range, one.norm, one.constant]) ===
    JSON.stringify([other.grid, other.plane.range, other.norm, other.constant]) &&
  (['origin', 'first', 'second'] as const).every((vector) => sameNumbers(one.plane[vector], other.plane[vector]));

const sameNumbers = (one: Float64Array, other: Float64Array): boolean =>
  one.length === other.length && one.every((value, i) => Math.abs(value - other[i]!) <= 1e-12 * (1 + Math.abs(value)));
