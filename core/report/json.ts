import type { FailedInspection, Inspection } from './inspection.ts';
import { withoutMachinePaths } from './redaction.ts';

/** The contract of REPORT-FORMAT.md. Several models give an array in the order in which they were asked for. */
export function inspectionJson(
  answer: Inspection | FailedInspection | readonly (Inspection | FailedInspection)[],
): string {
  const shown = Array.isArray(answer) ? answer.map(presentable) : presentable(answer as Inspection | FailedInspection);
  return writtenJson(shown, 'the inspection');
}

/** `place` is what a value that JSON cannot say is named after. */
export const writtenJson = (value: unknown, place: string): string => `${written(value, '', place)}\n`;

const presentable = (one: Inspection | FailedInspection): Inspection | FailedInspection =>
  'error' in one ? one : withoutMachinePaths(one);

/**
 * Pretty, with lists of plain values on one line: a witness of an image has thousands of numbers. JSON.stringify would turn
 * NaN and Infinity into null, which has a meaning of its own here, so they are refused instead.
 */
function written(value: unknown, indent: string, place: string): string {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new Error(`${place} is ${value}, which JSON cannot say.`);
  }
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const inner = `${indent}  `;
  const items = ArrayBuffer.isView(value) ? Array.from(value as Float64Array) : value;
  if (Array.isArray(items)) {
    const parts = items.map((item: unknown, index) => written(item, inner, `${place}[${index}]`));
    if (parts.length === 0) return '[]';
    if (items.every((item) => typeof item !== 'object' || item === null)) return `[${parts.join(', ')}]`;
    return `[\n${inner}${parts.join(`,\n${inner}`)}\n${indent}]`;
  }
  const fields = Object.entries(items).filter(([, field]) => field !== undefined);
  if (fields.length === 0) return '{}';
  const lines = fields.map(([key, field]) => `${JSON.stringify(key)}: ${written(field, inner, `${place}.${key}`)}`);
  return `{\n${inner}${lines.join(`,\n${inner}`)}\n${indent}}`;
}
