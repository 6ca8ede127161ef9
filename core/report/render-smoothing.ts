import { smoothingHtml } from './smoothing-html.ts';
import { smoothingJson } from './smoothing-json.ts';
import { smoothingMarkdown } from './smoothing-markdown.ts';
import type { SmoothingReport } from './smoothing.ts';

/** Every form in which a smoothing is written; a new one is a file and a line here. */
export const smoothingFormats = { html: smoothingHtml, md: smoothingMarkdown, json: smoothingJson } as const;
export type SmoothingFormat = keyof typeof smoothingFormats;
export const smoothingFormatNames = Object.keys(smoothingFormats) as readonly SmoothingFormat[];

export const renderSmoothing = (report: SmoothingReport, format: SmoothingFormat): string =>
  smoothingFormats[format](report);
