import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { follow } from './node-example.ts';
it('x', { timeout: 600000 }, async () => {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const listed = JSON.parse(readFileSync('../shared/onnx-node-tests/INDEX.json', 'utf8')) as { name: string }[];
  const slow: [string, number][] = [];
  const lines: string[] = [];
  const count: Record<string, number> = {};
  for (const { name } of listed) {
    if (!new RegExp(process.env['ONLY'] ?? '').test(name)) continue;
    const t0 = process.cpuUsage().user;
    try {
      const o = await follow(name, engine);
      count[o.kind] = (count[o.kind] ?? 0) + 1;
      if (o.kind === 'open') lines.push(`OPEN ${name}: ${o.reason}`);
    } catch (e) {
      lines.push(`WRONG ${name} ${String(e).slice(0, 400)}`);
    }
    slow.push([name, (process.cpuUsage().user - t0) / 1e6]);
  }
  console.log(JSON.stringify(count));
  console.log(lines.join('\n'));
  console.log(
    slow
      .sort((a, b) => b[1] - a[1])
      .slice(0, 16)
      .map((x) => x.join(' '))
      .join('\n'),
  );
  expect(1).toBe(1);
});
