import { afterEach } from 'vitest';
import type { Workbench } from './workbench.ts';

/** Leaves `artefacts/failed-<test>.png` of the window as a failing test left it; call it once in a suite. */
export function photographFailures(workbench: () => Workbench): void {
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await workbench().screenshot(`failed-${task.name.replace(/\W+/g, '-')}`);
  });
}
