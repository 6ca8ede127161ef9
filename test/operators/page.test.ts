import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { operatorPage } from '../../scripts/operators/page.ts';

it('docs/operators.md says what the operator files say (npm run operators writes it)', () => {
  expect(readFileSync('docs/operators.md', 'utf8')).toBe(operatorPage());
});
