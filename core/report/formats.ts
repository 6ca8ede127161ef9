export const reportFormats = ['html', 'md', 'json', 'csv'] as const;
export type ReportFormat = (typeof reportFormats)[number];
