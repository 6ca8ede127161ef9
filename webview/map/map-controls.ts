import { html, nothing } from 'lit';
import type { TemplateResult } from 'lit';
import { norms } from '../../core/bound.ts';
import type { MapConstant, MapMethod, MapRange } from '../../core/report/map.ts';
import { normWord } from '../../core/report/words.ts';
import type { MapLook } from '../kept.ts';
import type { MapChoice } from './map-state.ts';
import { withData, withMethod, withPlane } from './map-choice.ts';
import { l10n } from '../l10n.ts';

const planes: readonly (readonly [MapChoice['plane']['kind'], string])[] = [
  ['coordinates', l10n.t('Two coordinates')],
  ['principal', l10n.t('Principal directions of data')],
  ['random', l10n.t('Two random directions')],
  ['points', l10n.t('Through three points')],
];

const methods: readonly (readonly [MapMethod, string])[] = [
  ['jacobian', l10n.t('Sampled Jacobians')],
  ['pairs', l10n.t('Random pairs (Rosca)')],
  ['certified', l10n.t('Certified')],
];

const constants: readonly (readonly [MapConstant, string])[] = [
  ['full input', l10n.t('Changes in any direction')],
  ['slice', l10n.t('Changes inside the plane')],
];

const gridSides = [25, 50, 100, 200];

interface Controls {
  readonly choice: MapChoice;
  /** Up to where it can look: tensors, and their words. */
  readonly outputs: readonly (readonly [string, string])[];
  /** What the map on screen shows, for fields the choice leaves open. */
  readonly range: readonly [MapRange, MapRange] | undefined;
  readonly change: (choice: MapChoice) => void;
}

/** The question of the map: one row that wraps. */
export const mapControls = ({ choice, outputs, range, change }: Controls): TemplateResult => html`
  ${dropDown(l10n.t('Up to'), outputs, choice.output ?? '', (tensor) => change({ ...choice, output: tensor === '' ? undefined : tensor }))}
  ${dropDown(l10n.t('Plane'), planes, choice.plane.kind, (kind) => change(withPlane(choice, planeOf(kind))))}
  ${planeFields(choice, change)}
  ${text(l10n.t('Base point'), choice.at ?? '', l10n.t('zeros'), (at) => change({ ...choice, at: at === '' ? undefined : at }))}
  ${rangeFields(choice, range, change)}
  ${text(l10n.t('Data points'), choice.data?.data ?? '', 'points.npy', (data) => change(withData(choice, data, choice.data?.labels ?? '')))}
  ${choice.data === undefined ? nothing : text(l10n.t('Classes'), choice.data.labels ?? '', 'labels.npy', (labels) => change(withData(choice, choice.data?.data ?? '', labels)))}
  ${dropDown(l10n.t('Method'), methods, choice.method, (method) => change(withMethod(choice, method)))}
  ${dropDown(l10n.t('Counts'), constants, choice.constant, (constant) => change({ ...choice, constant }))}
  ${dropDown(
    l10n.t('Norm'),
    norms.map((norm) => [norm, normWord[norm]] as const),
    choice.norm,
    (norm) => change({ ...choice, norm }),
  )}
  ${dropDown(
    l10n.t('Cells'),
    gridSides.map((side) => [String(side), `${side} × ${side}`] as const),
    String(choice.grid.rows),
    (side) => change({ ...choice, grid: { rows: Number(side), columns: Number(side) } }),
  )}
  ${
    choice.method === 'certified' && choice.plane.kind !== 'random'
      ? nothing
      : number(l10n.t('Seed'), choice.seed, (seed) => change({ ...choice, seed: Math.max(0, Math.round(seed)) }))
  }
`;

/** How the map is looked at: nothing of this computes anew. */
export const lookControls = (look: MapLook, change: (look: Partial<MapLook>) => void): TemplateResult => html`
  ${dropDown(
    l10n.t('Colour'),
    [
      ['upper', l10n.t('Upper end')],
      ['lower', l10n.t('Lower end')],
      ['width', l10n.t('Upper over lower')],
    ] as const,
    look.colour,
    (colour) => change({ colour }),
  )}
  ${dropDown(
    l10n.t('Scale'),
    [
      ['log', l10n.t('Logarithmic')],
      ['linear', l10n.t('Linear')],
    ] as const,
    look.scale,
    (scale) => change({ scale }),
  )}
  ${tick(l10n.t('Decision boundary'), look.boundary, (boundary) => change({ boundary }))}
  ${tick(l10n.t('Data points'), look.points, (points) => change({ points }))}
  ${tick(l10n.t('Gradient field'), look.gradient, (gradient) => change({ gradient }))}
  ${tick(l10n.t('Lines of equal output'), look.contours, (contours) => change({ contours }))}
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
      return html`${number(l10n.t('Across'), i, (axis) => change(withPlane(choice, { kind: 'coordinates', axes: [axis, j] })))}
      ${number(l10n.t('Up'), j, (axis) => change(withPlane(choice, { kind: 'coordinates', axes: [i, axis] })))}`;
    }
    case 'principal':
      return text(l10n.t('Data'), plane.data, 'points.npy', (data) =>
        change(withPlane(choice, { kind: 'principal', data })),
      );
    case 'random':
      return nothing;
    case 'points': {
      const [a, b, c] = plane.points;
      const points = (points: readonly [string, string, string]): void =>
        change(withPlane(choice, { kind: 'points', points }));
      return html`${text(l10n.t('First point'), a, '0,0,1', (point) => points([point, b, c]))}
      ${text(l10n.t('Second'), b, 'a.npy', (point) => points([a, point, c]))}
      ${text(l10n.t('Third'), c, 'b.npy', (point) => points([a, b, point]))}`;
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
  const field = (from: string, to: string, axis: 0 | 1): TemplateResult =>
    html`<span class="pair"
      >${number(from, range[axis][0], (value) => set(axis, 0, value))}
      ${number(l10n.t('to'), range[axis][1], (value) => set(axis, 1, value), to)}</span
    >`;
  return html`${field(l10n.t('Across from'), l10n.t('Across to'), 0)} ${field(l10n.t('Up from'), l10n.t('Up to'), 1)}`;
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
