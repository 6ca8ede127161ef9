import type { LipschitzMap } from './map.ts';
import { mapCsv } from './map-csv.ts';
import { mapJson } from './map-json.ts';
import type { ColourScale } from './picture/colour-scale.ts';
import { mapHtml } from './map-html.ts';
import { mapsBesideSvg, mapSvg } from './picture/map-picture.ts';

export const mapTextFormats = ['json', 'csv', 'svg', 'html'] as const;
export type MapTextFormat = (typeof mapTextFormats)[number];

/**
 * A map as a file of text, with another one of the same plane beside it where there is room for two: not in a table of cells. The picture
 * in pixels is `mapPng`, or the panel's own.
 */
export function renderMap(
  map: LipschitzMap,
  format: MapTextFormat,
  scale?: ColourScale,
  beside?: LipschitzMap,
): string {
  switch (format) {
    case 'json':
      return beside === undefined ? mapJson(map) : `[\n${mapJson(map).trimEnd()},\n${mapJson(beside).trimEnd()}\n]\n`;
    case 'csv':
      return mapCsv(map);
    case 'svg':
      return `${beside === undefined ? mapSvg(map, scale) : mapsBesideSvg(map, beside, scale)}\n`;
    case 'html':
      return mapHtml(map, beside, scale);
  }
}
