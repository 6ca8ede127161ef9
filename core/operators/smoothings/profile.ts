/**
 * How a layer looks next to a kink, before and after, in units of its width: the same for every width. A corner of a function of one number; the larger (or smaller) of numbers
 * of which two come close to each other; a length near zero.
 */
export type Profile =
  | {
      readonly kind: 'corner';
      readonly at: number;
      /** Slopes on either side. */
      readonly left: number;
      readonly right: number;
      /** What bends there: jump * max(0, direction * (x - at)). */
      readonly hinges: readonly { readonly jump: number; readonly direction: 1 | -1 }[];
      /** Where the ramp of the slope starts, in widths. */
      readonly start: 0 | -1;
      readonly shift: number;
    }
  | { readonly kind: 'extreme'; readonly sign: 1 | -1; readonly shift: number }
  | { readonly kind: 'length'; readonly shift: number; readonly power: number };

/** SmoothReLU with its ramp on [start, start + 2], at width 1. */
const ramp = (z: number, start: 0 | -1): number => {
  const from = z - start;
  if (from <= 0) return 0;
  return from >= 2 ? z + (start === 0 ? -1 : 0) : (from * from) / 4;
};

/** The layer and the smooth one at z widths from the kink, less the layer's value at the kink, in widths. */
export function profileAt(profile: Profile, z: number): { readonly before: number; readonly after: number } {
  switch (profile.kind) {
    case 'corner': {
      const before = z < 0 ? profile.left * z : profile.right * z;
      const bent = profile.hinges.reduce((sum, { jump, direction }) => {
        const own = direction * z;
        return sum + jump * (ramp(own, profile.start) - Math.max(0, own));
      }, 0);
      return { before, after: before + bent + profile.shift };
    }
    case 'extreme': {
      const more = Math.log1p(Math.exp(-Math.abs(z))) - profile.shift;
      const before = profile.sign === 1 ? Math.max(0, z) : Math.min(0, z);
      return { before, after: before + profile.sign * more };
    }
    case 'length':
      return { before: Math.abs(z), after: (Math.abs(z) ** profile.power + 1) ** (1 / profile.power) - profile.shift };
  }
}
