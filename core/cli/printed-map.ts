import { count, digits, duration } from '../report/digits.ts';
import type { LipschitzMap } from '../report/map.ts';
import { coordinate } from '../report/map-cell.ts';
import { pinFacts } from '../report/map-pin-words.ts';
import type { MapPin } from '../report/map-pin.ts';
import { mapSubject } from '../report/map-subject.ts';
import { mark, normWord } from '../report/words.ts';

/** A map for a terminal: which plane, how the constants are spread over its cells, where it is roughest. */
export function printedMap(map: LipschitzMap): string {
  const { grid, plane, cells, rigor, norm } = map;
  const total = grid.rows * grid.columns;
  const [[left, right], [bottom, top]] = plane.range;
  const directions = map.constant === 'slice' ? 'changes inside the plane' : 'changes of the whole input';
  const lines = [
    `${mapSubject(map.model)}  local ${normWord[norm]} constants for ${directions}, ${grid.rows}×${grid.columns} cells`,
    `${plane.names[0]} from ${coordinate(left)} to ${coordinate(right)}, ${plane.names[1]} from ${coordinate(bottom)} to ${coordinate(top)}`,
    '',
    `             smallest  middle    largest`,
    spread('lower end', cells.lower, 'down', mark[rigor.lower]),
    ...(rigor.upper === null ? [] : [spread('upper end', cells.upper, 'up', mark[rigor.upper])]),
    '',
    roughest(map),
    ...map.pins.flatMap((pin) => pinLines(map, pin)),
    ...map.notes,
    `${count(map.done)} of ${count(total)} cells in ${duration(map.seconds)} on ${map.engine.provider}. ● certified  ◐ numerical  ○ estimate  ∞ unbounded`,
  ];
  return lines.join('\n');
}

/** A pinned point in words, as the panel says it. */
function pinLines({ plane, norm }: LipschitzMap, pin: MapPin): readonly string[] {
  const [u, v] = pin.at;
  return [
    `At ${plane.names[0]} = ${coordinate(u)}, ${plane.names[1]} = ${coordinate(v)}:`,
    ...pinFacts(pin, norm).map(([name, value]) => `  ${name.padEnd(26)}${value}`),
  ];
}

function spread(name: string, values: Float64Array, towards: 'up' | 'down', evidence: string): string {
  const sorted = values.toSorted();
  const shown = [sorted[0]!, sorted[Math.floor(sorted.length / 2)]!, sorted.at(-1)!].map((value) =>
    (value === Number.POSITIVE_INFINITY ? '∞' : digits(value, towards)).padEnd(10),
  );
  return `${name.padEnd(13)}${shown.join('')}${evidence}`;
}

function roughest({ cells, plane }: LipschitzMap): string {
  let most = 0;
  for (let i = 1; i < cells.lower.length; i++) if (cells.lower[i]! > cells.lower[most]!) most = i;
  const [u, v] = [cells.at[2 * most]!, cells.at[2 * most + 1]!];
  return Number.isNaN(u)
    ? ''
    : `Roughest at ${plane.names[0]} = ${coordinate(u)}, ${plane.names[1]} = ${coordinate(v)}: at least ${digits(cells.lower[most]!, 'down')}.`;
}
