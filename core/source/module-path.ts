import type { LayerEntry } from '../report/inspection.ts';
import { afterLoop, anyIndex } from './definition.ts';

/** Where a layer stood in the module tree of the program that saved it, and what says so. */
export interface ModulePath {
  readonly tier: 'names' | 'scopes';
  readonly segments: readonly string[];
}

export function modulePathsOf(layer: LayerEntry): readonly ModulePath[] {
  const { stateName, scope } = layer.hints ?? {};
  return [
    ...(stateName === undefined ? [] : [{ tier: 'names' as const, segments: segmentsOf(stateName) }]),
    ...(scope === undefined ? [] : [{ tier: 'scopes' as const, segments: segmentsOf(scope) }]),
  ];
}

/**
 * "layer1.0.conv1", or a path of scopes such as "/layer1/layer1.0/conv1", in which a container's entries repeat the container's
 * name. What training adds around a model (DataParallel, torch.compile, parametrizations) is dropped.
 */
export function segmentsOf(text: string): readonly string[] {
  let segments: string[] = [];
  for (const scope of text.split('/')) {
    const parts = scope.split('.').filter((part) => part !== '');
    if (parts.length === 0) continue;
    const whole = startsWith(parts, segments);
    const last = segments.at(-1);
    if (segments.length > 0 && parts.length > segments.length && whole) segments = parts;
    else if (parts.length > 1 && parts[0] === last) segments.push(...parts.slice(1));
    else segments.push(...parts);
  }
  const parametrized = segments.indexOf('parametrizations');
  if (parametrized >= 0) segments = segments.slice(0, parametrized);
  while (segments.length > 1 && around.has(segments[0]!)) segments.shift();
  return segments;
}

/** Also the collection that Flax keeps its weights in. */
const around = new Set(['module', '_orig_mod', 'params']);

const startsWith = (parts: readonly string[], start: readonly string[]): boolean =>
  start.every((part, i) => parts[i] === part);

/** Whether a pattern of the source fits these segments: an index made in a loop fits any number, a computed name anything. */
export const fits = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length && pattern.every((key, i) => fitsKey(key, segments[i]!, i));

function fitsKey(key: string, segment: string, position: number): boolean {
  // add_module(f"fc{i}", ...) makes a first segment that nobody knows; in a list the segment is a number.
  if (key === anyIndex) return position === 0 || /^\d+$/.test(segment);
  if (key === afterLoop) return /^\d+$/.test(segment);
  // Flax: `Dense_*`.
  if (isUnsure(key)) return segment.startsWith(key.slice(0, -1)) && /^\d+$/.test(segment.slice(key.length - 1));
  return key === segment;
}

/** How many segments of a pattern are spelled out: the more, the more specific. */
export const spelledOut = (pattern: readonly string[]): number => pattern.filter((key) => !isUnsure(key)).length;

const isUnsure = (key: string): boolean => /(^|_)[*+]$/.test(key);

/** How many trailing folders and the file name two paths share, whatever machines they are from. */
export function sharedSuffix(one: string, other: string): number {
  const a = one
    .split(/[\\/]/)
    .filter((part) => part !== '')
    .reverse();
  const b = other
    .split(/[\\/]/)
    .filter((part) => part !== '')
    .reverse();
  let shared = 0;
  while (shared < a.length && shared < b.length && a[shared] === b[shared]) shared++;
  return shared;
}
