import type { LipschitzMap } from './map.ts';
import { mapCsv } from './map-csv.ts';
import { mapJson } from './map-json.ts';
import type { ColourScale } from './picture/colour-scale.ts';
import { mapSvg } from './picture/map-picture.ts';

export const mapTextFormats = ['json', 'csv', 'svg'] as const;
export type MapTextFormat = (typeof mapTextFormats)[number];

/** A map as a file of text; the picture in pixels is `mapPng`, or the panel's own. */
export function renderMap(map: LipschitzMap, format: MapTextFormat, scale?: ColourScale): string {
  switch (format) {
    case 'json':
      return mapJson(map);
    case 'csv':
      return mapCsv(map);
    case 'svg':
      return `${mapSvg(map, scale)}\n`;
  }
}
