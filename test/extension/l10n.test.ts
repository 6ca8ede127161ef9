import { execFileSync } from 'node:child_process';
import { expect, test } from 'vitest';

test('every sentence of the extension and of its panel can be translated', () => {
  expect(() =>
    execFileSync('node', ['scripts/l10n.mjs', '--check'], { encoding: 'utf8', stdio: 'pipe' }),
  ).not.toThrow();
});
