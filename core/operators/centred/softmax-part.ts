import type { Enclosure } from '../enclosure.ts';
import { times, type Interval } from '../interval.ts';
import { groupMap } from '../maps/group-map.ts';
import { above, below } from '../../rounding.ts';
import { centredPart, type CentredPart } from './centred-step.ts';

/** Softmax of groups, from where its shares p stay: the Jacobian is diag(p) - p p', averaged over the segment between two points. */
export function softmaxPart(
  from: CentredPart['from'],
  shares: Enclosure,
  places: Int32Array,
  size: number,
  moves: (place: number) => boolean,
): CentredPart {
  const lower = new Float64Array(places.length * size);
  const upper = lower.slice();
  const shareAt = (at: number): Interval => [shares.lower[places[at]!]!, shares.upper[places[at]!]!];
  for (let at = 0; at < places.length; at++) {
    const first = at - (at % size);
    for (let k = 0; k < size; k++) {
      if (!moves(places[first + k]!)) continue;
      const [low, high] = first + k === at ? spread(shareAt(at)) : negative(times(shareAt(at), shareAt(first + k)));
      lower[at * size + k] = low;
      upper[at * size + k] = high;
    }
  }
  return centredPart(from, { lower, upper }, (entries) => groupMap(places, size, entries));
}

const negative = ([low, high]: Interval): Interval => [-high, -low];

/** p (1 - p), which rises up to 1/2 and falls from there. */
function spread([low, high]: Interval): Interval {
  const at = (p: number): number => p * (1 - p);
  const ends = [at(Math.max(0, low)), at(Math.min(1, high))] as const;
  const most = low <= 0.5 && high >= 0.5 ? 0.25 : Math.max(...ends);
  const slack = 2 ** -50;
  return [below(Math.min(...ends) * (1 - slack)), above(most * (1 + slack))];
}
