import { inspectionCsv } from './csv.ts';
import type { ReportFormat } from './formats.ts';
import { inspectionHtml } from './html.ts';
import type { Inspection } from './inspection.ts';
import { inspectionJson } from './json.ts';
import { inspectionMarkdown } from './markdown.ts';
import { withoutMachinePaths } from './redaction.ts';

const writers: Readonly<Record<ReportFormat, (inspection: Inspection) => string>> = {
  html: inspectionHtml,
  md: inspectionMarkdown,
  json: inspectionJson,
  csv: inspectionCsv,
};

/** The inspection as a file to give to somebody else: nothing in it tells about the machine's folders. */
export const render = (inspection: Inspection, format: ReportFormat): string =>
  writers[format](withoutMachinePaths(inspection));
