import type { Inspection } from './inspection.ts';

export const inspectionMarkdown = (inspection: Inspection): string => `# ${inspection.model.file}\n`;
