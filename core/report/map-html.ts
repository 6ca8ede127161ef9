import { count, digits, duration } from './digits.ts';
import { htmlPage } from './html-page.ts';
import type { TableCell } from './layer-table.ts';
import { coordinate } from './map-cell.ts';
import { pinFacts } from './map-pin-words.ts';
import { mapSubject } from './map-subject.ts';
import { rigorOfFinding, mapFindings, type LipschitzMap, type MapFinding } from './map.ts';
import type { ColourScale } from './picture/colour-scale.ts';
import { planeImages } from './picture/input-image.ts';
import { mapsBesideSvg, mapSvg } from './picture/map-picture.ts';
import { escaped } from './picture/svg.ts';
import { mark, normWord, rigorMeaning } from './words.ts';

/** A map, or two of one plane on one scale, on paper: one file that loads nothing. */
export function mapHtml(map: LipschitzMap, beside?: LipschitzMap, scale?: ColourScale): string {
  const maps = beside === undefined ? [map] : [map, beside];
  const title = maps.map(({ model }) => model.file).join(' and ');
  const drawn = beside === undefined ? mapSvg(map, scale) : mapsBesideSvg(map, beside, scale);
  const images = planeImages(map, 150);
  return htmlPage({
    title: `${title}: map of local Lipschitz constants`,
    heading: title,
    body: [
      maps.map((one) => `<p class="summary">${escaped(mapSentence(one))}</p>`).join('\n'),
      `<figure>${drawn}<figcaption>Local ${normWord[map.norm]} constants over a plane through the input space, for changes ${map.constant === 'slice' ? 'inside the plane' : 'of the input in any direction'}${beside === undefined ? '' : '; both maps on one scale'}. White: the decision boundary.</figcaption></figure>`,
      images === ''
        ? ''
        : `<figure>${images}<figcaption>The plane as images: its base point, and its two directions (grey changes nothing).</figcaption></figure>`,
      maps.map((one) => pinned(one)).join('\n'),
      maps.map((one) => foundIn(one, maps.length > 1)).join('\n'),
      notes(maps),
      `<section><h2>What the marks mean</h2><ul><li>● ${rigorMeaning('certified')}</li><li>◐ ${rigorMeaning('numerical')}</li><li>○ ${rigorMeaning('estimate')}</li></ul></section>`,
      `<section><h2>Method</h2><p>${methods[map.method]}</p></section>`,
      maps
        .map(
          (one) =>
            `<section><h2>Settings${maps.length > 1 ? ` of ${escaped(one.model.file)}` : ''}</h2><dl>${facts(one)
              .map(([term, value]) => `<dt>${escaped(term)}</dt><dd>${escaped(value)}</dd>`)
              .join('\n')}</dl></section>`,
        )
        .join('\n'),
    ],
  });
}

/** Where it is roughest and smoothest, in words. */
export function mapSentence({ cells, norm, model, rigor, plane, grid }: LipschitzMap): string {
  const sorted = cells.lower.toSorted();
  const uppers = cells.upper.filter((value) => Number.isFinite(value)).toSorted();
  const [low, high] = [sorted[0]!, sorted.at(-1)!];
  const [across, up] = plane.range.map(([from, to]) => `${coordinate(from)} to ${coordinate(to)}`);
  const where = `${plane.names[0]} from ${across!} and ${plane.names[1]} from ${up!}`;
  const lowest = `lower ends go from ${digits(low, 'down')} to ${digits(high, 'down')} ${mark[rigor.lower]}`;
  const most =
    rigor.upper === null || uppers.length < cells.upper.length
      ? ''
      : `; no cell exceeds ${digits(uppers.at(-1)!, 'up')} ${mark[rigor.upper]}`;
  return `${mapSubject(model)}, ${grid.rows} × ${grid.columns} cells over ${where}: the ${lowest} in ${normWord[norm]}${most}.`;
}

function pinned(map: LipschitzMap): string {
  if (map.pins.length === 0) return '';
  const all = map.pins.map(
    (pin) =>
      `<h3>${escaped(map.model.file)} at (${pin.at.map(coordinate).join(', ')})</h3><dl>${pinFacts(pin, map.norm)
        .map(([name, value]) => `<dt>${escaped(name)}</dt><dd>${escaped(value)}</dd>`)
        .join('')}</dl>`,
  );
  return `<section><h2>Points looked at closely</h2>${all.join('\n')}</section>`;
}

/** How many cells have their ends from where. */
function foundIn({ cells, model }: LipschitzMap, named: boolean): string {
  const counts = (found: Uint8Array): readonly (readonly [MapFinding, number])[] =>
    mapFindings
      .map((finding, at) => [finding, found.reduce((sum, own) => sum + (own === at ? 1 : 0), 0)] as const)
      .filter(([finding, cells]) => cells > 0 && finding !== 'nothing');
  const rows = (['lower', 'upper'] as const).flatMap((side) =>
    counts(side === 'lower' ? cells.lowerFound : cells.upperFound).map(
      ([finding, many]) =>
        `<tr><td>${side} end</td><td>${escaped(finding)}</td><td>${rigorOfFinding[finding]}</td><td class="number">${count(many)}</td></tr>`,
    ),
  );
  return `<section><h2>How the ends were found${named ? `: ${escaped(model.file)}` : ''}</h2><table><thead><tr><th scope="col">end</th><th scope="col">by</th><th scope="col">evidence</th><th scope="col" class="number">cells</th></tr></thead><tbody>${rows.join('')}</tbody></table></section>`;
}

function notes(maps: readonly LipschitzMap[]): string {
  const all = maps.flatMap((map) =>
    map.notes.map((note) => `<li>${escaped(maps.length > 1 ? `${map.model.file}: ${note}` : note)}</li>`),
  );
  return all.length === 0 ? '' : `<section><h2>Notes</h2><ul>${all.join('\n')}</ul></section>`;
}

const methods = {
  certified:
    'Every cell is an interval: a slope that a point of the cell has is below, a bound for all points of the cell above. Networks of straight pieces are cut along the bends of every unit, others are followed by linear models with a remainder or bounded on boxes that are split.',
  jacobian: 'Jacobians at points spread evenly over each cell: the largest norm is a lower end.',
  pairs:
    'The largest difference quotient of random pairs of points in each cell <cite>(M. Rosca, T. Weber, A. Gretton, S. Mohamed: A case for new neural network smoothness constraints, 2020)</cite>: a lower end.',
} as const;

const facts = ({
  model,
  norm,
  method,
  constant,
  samples,
  seed,
  grid,
  plane,
  engine,
  seconds,
  tool,
}: LipschitzMap): readonly TableCell[] => [
  ['Model', `${model.file} (${model.format})`],
  ['SHA-256', model.sha256],
  ['Map', `${model.input} → ${model.output}`],
  ['Norm', normWord[norm]],
  ['Method', `${method}, ${samples} ${method === 'pairs' ? 'pairs' : 'points'} a cell, seed ${seed}`],
  ['Constant', constant === 'slice' ? 'of changes inside the plane' : 'of changes in any direction'],
  ['Plane', `${plane.kind}: ${plane.names.join(', ')}`],
  ['Cells', `${grid.rows} × ${grid.columns}`],
  ['Time', duration(seconds)],
  ['Engine', `${engine.provider}, ${engine.runtime}`],
  ['Tool', `${tool.name} ${tool.version}`],
];
