import type { Coupling } from '../coupling.ts';
import { digits } from '../digits.ts';
import type { NoiseGrowth } from '../noise-growth.ts';
import { path } from './interval-glyph.ts';
import { closeScale, logTicks, position } from './scale.ts';
import { element, escaped, ink, label, picture } from './svg.ts';

const [left, right, top, bottom, height] = [52, 104, 10, 190, 222];
const small = { 'font-size': 10, fill: ink.faint };

interface Mark {
  readonly at: number;
  readonly value: number;
}

/**
 * How large a change of the input can be behind each layer, in the order of the network: the bound as a line, what was sampled as
 * circles (the largest) and a dashed line (the mean). '' where no layer has a bound.
 */
export function noisePicture(
  view: Coupling,
  growth: NoiseGrowth | undefined,
  width: number,
  selected?: string,
): string {
  const places = new Map(view.layers.map(({ id }, i) => [id, i + 1]));
  const bound: readonly Mark[] = [
    { at: 0, value: view.noise },
    ...view.layers.flatMap(({ id, noise }) =>
      noise !== null && noise > 0 ? [{ at: places.get(id)!, value: noise }] : [],
    ),
  ];
  if (bound.length < 2) return '';
  const sampled = (pick: 'mean' | 'largest'): readonly Mark[] =>
    (growth?.layers ?? []).flatMap((layer) => {
      const at = places.get(layer.id);
      return at === undefined || !(layer[pick] > 0) ? [] : [{ at, value: layer[pick] }];
    });
  const [mean, largest] = [sampled('mean'), sampled('largest')];
  const scale = closeScale([...bound, ...mean, ...largest].map(({ value }) => value));
  const x = (at: number): number => left + (at / Math.max(1, view.layers.length)) * (width - left - right);
  const y = (value: number): number => bottom - position(scale, value) * (bottom - top);
  const line = (marks: readonly Mark[]): string =>
    marks.map(({ at, value }, i) => `${i === 0 ? 'M' : 'L'}${path`${x(at)} ${y(value)}`}`).join('');
  const dots = (marks: readonly Mark[], radius: number, fill: string): string =>
    marks
      .map(({ at, value }) =>
        element(
          'circle',
          { cx: x(at), cy: y(value), r: radius, fill, stroke: ink.line, 'data-layer': view.layers[at - 1]?.id },
          element('title', {}, escaped(`${view.layers[at - 1]?.name ?? 'input'}: ${digits(value, 'nearest')}`)),
        ),
      )
      .join('');
  const rows = logTicks(scale, 5).map(
    (value) =>
      element('path', { d: path`M${left} ${y(value)}H${width - right}`, stroke: ink.grid, 'stroke-dasharray': '1 3' }) +
      label(digits(value, 'nearest'), { x: left - 6, y: y(value) + 3.5, 'text-anchor': 'end', ...small }),
  );
  const chosen = selected === undefined ? undefined : places.get(selected);
  const title = `Growth of a change of size ${digits(view.noise, 'nearest')} from layer to layer: the bound ends at ${digits(bound.at(-1)!.value, 'up')}${largest.length === 0 ? '' : `, the largest that was sampled at ${digits(largest.at(-1)!.value, 'nearest')}`}`;
  return picture(
    { width, height, title, role: 'image' },
    ...rows,
    element('path', { d: path`M${left} ${top}V${bottom}H${width - right}`, stroke: ink.faint, fill: 'none' }),
    label('input', { x: left, y: bottom + 15, 'text-anchor': 'middle', ...small }),
    label(`${view.layers.length} layers`, { x: width - right, y: bottom + 15, 'text-anchor': 'end', ...small }),
    chosen === undefined
      ? ''
      : element('path', { d: path`M${x(chosen)} ${top}V${bottom}`, stroke: ink.line, 'stroke-dasharray': '4 3' }),
    element('path', { d: line(mean), fill: 'none', stroke: ink.line, 'stroke-width': 1.25, 'stroke-dasharray': '5 3' }),
    element('path', { d: line(bound), fill: 'none', stroke: ink.line, 'stroke-width': 2 }),
    view.layers.length > 120 ? '' : dots(bound, 2.5, ink.line) + dots(largest, 3, ink.paper),
    ends([
      ['bound', bound],
      ['largest sampled', largest],
      ['mean sampled', mean],
    ]),
  );

  /** Names of the lines at their ends, pushed apart where they would stand on each other. */
  function ends(named: readonly (readonly [string, readonly Mark[]])[]): string {
    let last = -Infinity;
    return named
      .flatMap(([name, marks]) => {
        const end = marks.at(-1);
        return end === undefined ? [] : [{ name, y: y(end.value) }];
      })
      .sort((a, b) => a.y - b.y)
      .map(({ name, y: at }) => {
        last = Math.max(at, last + 13);
        return label(name, {
          x: width - right + 8,
          y: last + 4,
          'font-size': 11,
          'font-weight': name === 'bound' ? 600 : undefined,
        });
      })
      .join('');
  }
}
