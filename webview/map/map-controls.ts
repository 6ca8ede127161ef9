import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { norms } from '../../core/bound.ts';
import type { MapConstant, MapMethod, MapRange } from '../../core/report/map.ts';
import { normWord } from '../../core/report/words.ts';
import type { MapLook } from '../kept.ts';
import type { MapChoice } from './map-state.ts';
import { withData, withMethod, withPlane } from './map-choice.ts';

const planes: readonly (readonly [MapChoice['plane']['kind'], string])[] = [
  ['coordinates', 'Two coordinates'],
  ['principal', 'Principal directions of data'],
  ['random', 'Two random directions'],
  ['points', 'Through three points'],
];

const methods: readonly (readonly [MapMethod, string])[] = [
  ['jacobian', 'Sampled Jacobians'],
  ['pairs', 'Random pairs (Rosca)'],
  ['certified', 'Certified'],
];

const constants: readonly (readonly [MapConstant, string])[] = [
  ['full input', 'Changes in any direction'],
  ['slice', 'Changes inside the plane'],
];

const gridSides = [25, 50, 100, 200];

interface Controls {
  readonly choice: MapChoice;
  /** What the map on screen shows, for fields the choice leaves open. */
  readonly range: readonly [MapRange, MapRange] | undefined;
  readonly change: (choice: MapChoice) => void;
}

/** The question of the map: one row that wraps. */
export const mapControls = ({ choice, range, change }: Controls): TemplateResult => html`
  ${dropDown('Plane', planes, choice.plane.kind, (kind) => change(withPlane(choice, planeOf(kind))))}
  ${planeFields(choice, change)}
  ${text('Base point', choice.at ?? '', 'zeros', (at) => change({ ...choice, at: at === '' ? undefined : at }))}
  ${rangeFields(choice, range, change)}
  ${text('Data points', choice.data?.data ?? '', 'points.npy', (data) => change(withData(choice, data, choice.data?.labels ?? '')))}
  ${choice.data === undefined ? nothing : text('Classes', choice.data.labels ?? '', 'labels.npy', (labels) => change(withData(choice, choice.data?.data ?? '', labels)))}
  ${dropDown('Method', methods, choice.method, (method) => change(withMethod(choice, method)))}
  ${dropDown('Counts', constants, choice.constant, (constant) => change({ ...choice, constant }))}
  ${dropDown(
    'Norm',
    norms.map((norm) => [norm, normWord[norm]] as const),
    choice.norm,
    (norm) => change({ ...choice, norm }),
  )}
  ${dropDown(
    'Cells',
    gridSides.map((side) => [String(side), `${side} × ${side}`] as const),
    String(choice.grid.rows),
    (side) => change({ ...choice, grid: { rows: Number(side), columns: Number(side) } }),
  )}
  ${
    choice.method === 'certified' && choice.plane.kind !== 'random'
      ? nothing
      : number('Seed', choice.seed, (seed) => change({ ...choice, seed: Math.max(0, Math.round(seed)) }))
  }
`;

/** How the map is looked at: nothing of this computes anew. */
export const lookControls = (look: MapLook, change: (look: Partial<MapLook>) => void): TemplateResult => html`
  ${dropDown(
    'Colour',
    [
      ['upper', 'Upper end'],
      ['lower', 'Lower end'],
      ['width', 'Upper over lower'],
    ] as const,
    look.colour,
    (colour) => change({ colour }),
  )}
  ${dropDown(
    'Scale',
    [
      ['log', 'Logarithmic'],
      ['linear', 'Linear'],
    ] as const,
    look.scale,
    (scale) => change({ scale }),
  )}
  ${tick('Decision boundary', look.boundary, (boundary) => change({ boundary }))}
  ${tick('Data points', look.points, (points) => change({ points }))}
  ${tick('Gradient field', look.gradient, (gradient) => change({ gradient }))}
  ${tick('Lines of equal output', look.contours, (contours) => change({ contours }))}
`;

function planeOf(kind: MapChoice['plane']['kind']): MapChoice['plane'] {
  switch (kind) {
    case 'coordinates':
      return { kind, axes: [0, 1] };
    case 'principal':
      return { kind, data: '' };
    case 'random':
      return { kind };
    case 'points':
      return { kind, points: ['', '', ''] };
  }
}

function planeFields(choice: MapChoice, change: Controls['change']): TemplateResult | typeof nothing {
  const { plane } = choice;
  switch (plane.kind) {
    case 'coordinates': {
      const [i, j] = plane.axes;
      return html`${number('Across', i, (axis) => change(withPlane(choice, { kind: 'coordinates', axes: [axis, j] })))}
      ${number('Up', j, (axis) => change(withPlane(choice, { kind: 'coordinates', axes: [i, axis] })))}`;
    }
    case 'principal':
      return text('Data', plane.data, 'points.npy', (data) => change(withPlane(choice, { kind: 'principal', data })));
    case 'random':
      return nothing;
    case 'points': {
      const [a, b, c] = plane.points;
      const points = (points: readonly [string, string, string]): void =>
        change(withPlane(choice, { kind: 'points', points }));
      return html`${text('First point', a, '0,0,1', (point) => points([point, b, c]))}
      ${text('Second', b, 'a.npy', (point) => points([a, point, c]))}
      ${text('Third', c, 'b.npy', (point) => points([a, b, point]))}`;
    }
  }
}

function rangeFields(
  choice: MapChoice,
  shown: Controls['range'],
  change: Controls['change'],
): TemplateResult | typeof nothing {
  const range = choice.range ?? shown;
  if (range === undefined) return nothing;
  const set = (axis: 0 | 1, end: 0 | 1, value: number): void => {
    const [across, up] = range.map((one) => [...one] as [number, number]) as [[number, number], [number, number]];
    (axis === 0 ? across : up)[end] = value;
    change({ ...choice, range: [across, up] });
  };
  const field = (label: string, axis: 0 | 1): TemplateResult =>
    html`<span class="pair"
      >${number(`${label} from`, range[axis][0], (value) => set(axis, 0, value))}
      ${number('to', range[axis][1], (value) => set(axis, 1, value), `${label} to`)}</span
    >`;
  return html`${field('Across', 0)} ${field('Up', 1)}`;
}

function dropDown<T extends string>(
  label: string,
  options: readonly (readonly [T, string])[],
  chosen: T,
  change: (value: T) => void,
): TemplateResult {
  const changed = (event: Event): void => {
    const found = options.find(([value]) => value === (event.target as HTMLSelectElement).value);
    if (found !== undefined) change(found[0]);
  };
  return html`<label
    >${label}
    <select @change=${changed} .value=${chosen}>
      ${options.map(([value, words]) => html`<option value=${value} ?selected=${value === chosen}>${words}</option>`)}
    </select>
  </label>`;
}

const text = (label: string, value: string, example: string, change: (text: string) => void): TemplateResult =>
  html`<label
    >${label}
    <input
      type="text"
      spellcheck="false"
      placeholder=${example}
      .value=${value}
      @change=${(event: Event) => change((event.target as HTMLInputElement).value.trim())}
    />
  </label>`;

const number = (label: string, value: number, change: (value: number) => void, said = label): TemplateResult =>
  html`<label
    >${label}
    <input
      type="number"
      step="any"
      aria-label=${said}
      .value=${String(value)}
      @change=${(event: Event) => {
        const { valueAsNumber } = event.target as HTMLInputElement;
        if (Number.isFinite(valueAsNumber)) change(valueAsNumber);
      }}
    />
  </label>`;

const tick = (label: string, on: boolean, change: (on: boolean) => void): TemplateResult =>
  html`<label class="tick"
    ><input
      type="checkbox"
      .checked=${on}
      @change=${(event: Event) => change((event.target as HTMLInputElement).checked)}
    />${label}</label
  >`;
