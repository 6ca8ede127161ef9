import { dirname, isAbsolute, join } from 'node:path';
import { l10n } from 'vscode';
import type { MapRequest } from '../core/inspection/map-request.ts';
import { mapOf, type MapChoice } from '../webview/map/map-state.ts';
import { BesideMap } from './beside-map.ts';
import { Owner } from './disposable.ts';
import type { InspectionStore } from './inspection-store.ts';
import type { ModelInspection } from './model-inspection.ts';
import { ModelMap, type MapMaker } from './model-map.ts';
import type { Questions } from './questions.ts';
import { mapBudgetSeconds, requestFor } from './settings.ts';

/** One map per model file, drawn when the user asks for it. */
export class Maps extends Owner {
  readonly #maker: MapMaker;
  readonly #questions: Questions;
  readonly #maps = new Map<string, ModelMap>();
  readonly #beside = new Map<string, BesideMap>();

  constructor(maker: MapMaker, questions: Questions, store: InspectionStore) {
    super();
    this.#maker = maker;
    this.#questions = questions;
    this.track({ dispose: () => this.#maps.forEach((map) => map.dispose()) });
    this.track({ dispose: () => this.#beside.forEach((beside) => beside.dispose()) });
    this.track(
      store.changes.listen(({ model, change }) => {
        if (change.kind === 'state') this.#compare(model);
      }),
    );
  }

  of(file: string): ModelMap {
    const known = this.#maps.get(file);
    if (known !== undefined) return known;
    const map = new ModelMap(this.#maker, (message) =>
      l10n.t('Lipschitz Inspector made a mistake of its own: {0}', message),
    );
    this.#maps.set(file, map);
    return map;
  }

  /** The map that stands beside this model's own. */
  besideOf(file: string): BesideMap {
    const known = this.#beside.get(file);
    if (known !== undefined) return known;
    const beside = new BesideMap();
    this.#beside.set(file, beside);
    return beside;
  }

  async draw(file: string, choice: MapChoice): Promise<void> {
    const map = this.of(file);
    await map.draw(this.#request(file, choice));
    await this.#drawBeside(file, choice);
  }

  /** Puts another model's map beside this one, and draws it where there is one already. */
  async putBeside(file: string, other: string, choice: MapChoice | undefined): Promise<void> {
    this.besideOf(file).choose(other, this.of(other));
    if (choice !== undefined && mapOf(this.of(file).state) !== undefined) await this.#drawBeside(file, choice);
  }

  /** The other model's map with this one's question: the same plane, the same part of it. */
  async #drawBeside(file: string, choice: MapChoice): Promise<void> {
    const [beside, { state }] = [this.besideOf(file), this.of(file)];
    if (beside.file === undefined || state.kind !== 'finished') return;
    const request = this.#request(file, { ...choice, range: state.map.plane.range });
    await beside.map?.draw({ ...request, file: beside.file });
  }

  cancelAll(): void {
    this.#maps.forEach((map) => map.cancel());
  }

  /** The file has been written anew: a map of its old bytes must not stand beside numbers of the new ones. */
  #compare({ file, inspection, state }: ModelInspection): void {
    const map = this.#maps.get(file);
    const drawn = map === undefined ? undefined : mapOf(map.state);
    if (drawn === undefined) return;
    const other = inspection !== undefined && inspection.model.sha256 !== drawn.model.sha256;
    if (other || state.kind === 'stale') map?.forget();
  }

  #request(file: string, { at, range, plane, data, output: upTo, ...choice }: MapChoice): MapRequest {
    const { provider, threads, input, set, dims, ...question } = requestFor(file, this.#questions.of(file));
    const output = upTo ?? question.output;
    return {
      ...{ file, provider, threads, set, dims },
      ...(input === undefined ? {} : { input }),
      ...(output === undefined ? {} : { output }),
      ...choice,
      budgetSeconds: mapBudgetSeconds(),
      plane: besidePlane(file, plane),
      ...(at === undefined ? {} : { at: beside(file, at) }),
      ...(range === undefined ? {} : { range }),
      ...dataOf(file, data, plane),
    };
  }
}

/** Files of points are named as they lie beside the model. */
const beside = (file: string, point: string): string =>
  /\.npy$/i.test(point) && !isAbsolute(point) ? join(dirname(file), point) : point;

/** Data that make the plane are shown in it as well. */
function dataOf(file: string, data: MapChoice['data'], plane: MapChoice['plane']): Pick<MapRequest, 'data'> {
  const shown = data ?? (plane.kind === 'principal' ? { data: plane.data } : undefined);
  if (shown === undefined) return {};
  const { labels } = shown;
  return {
    data: { data: beside(file, shown.data), ...(labels === undefined ? {} : { labels: beside(file, labels) }) },
  };
}

function besidePlane(file: string, plane: MapChoice['plane']): MapChoice['plane'] {
  if (plane.kind === 'principal') return { ...plane, data: beside(file, plane.data) };
  if (plane.kind !== 'points') return plane;
  const [a, b, c] = plane.points;
  return { ...plane, points: [beside(file, a), beside(file, b), beside(file, c)] };
}
