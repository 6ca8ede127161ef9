import type { Inspection } from './inspection.ts';

export const inspectionHtml = (inspection: Inspection): string =>
  `<title>${String(inspection.layers.length)} layers</title>\n`;
