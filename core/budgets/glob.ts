/**
 * Patterns for paths: `*` and `?` stay inside one folder, `**` reaches through any number of them, `{a,b}` is either. Anything else
 * stands for itself.
 */
export function pathPattern(pattern: string): RegExp {
  const parts = tokens(pattern).map((token) => pathToken[token] ?? escaped(token));
  return new RegExp(`^${braces(parts).join('')}$`);
}

/** Patterns for names of layers, whose dots and slashes mean nothing in particular: `*` is any text, `?` any one character. */
export const namePattern = (pattern: string): RegExp =>
  new RegExp(`^${pattern.replace(/[^]/gu, (one) => (one === '*' ? '.*' : one === '?' ? '.' : escaped(one)))}$`, 's');

export const isPattern = (path: string): boolean => /[*?{]/.test(path);

const tokens = (pattern: string): readonly string[] => pattern.match(/\*\*\/|\*\*|[^]/g) ?? [];

const pathToken: Readonly<Record<string, string>> = { '**/': '(?:[^/]*/)*', '**': '.*', '*': '[^/]*', '?': '[^/]' };

const escaped = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');

/** Only braces that are closed group; the others are characters of the name. */
function braces(parts: readonly string[]): readonly string[] {
  const open = parts.indexOf('\\{');
  const close = parts.indexOf('\\}', open);
  if (open < 0 || close < 0) return parts;
  const inside = parts.slice(open + 1, close).map((part) => (part === ',' ? '|' : part));
  return [...parts.slice(0, open), '(?:', ...inside, ')', ...braces(parts.slice(close + 1))];
}
