import { openEngine } from '../../core/compute/onnx-runtime.ts';
import { inspect } from '../../core/inspection/inspect.ts';
import { defaultRequest } from '../../core/inspection/request.ts';

/** Opens one model as the command line does, stops where the layers are listed, and says what that took. */
async function main(file: string): Promise<void> {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const before = process.memoryUsage().rss;
  const start = performance.now();
  const cpu = process.cpuUsage();
  for await (const event of inspect(defaultRequest(file), engine, new AbortController().signal)) {
    if (event.kind !== 'opened') continue;
    const { user, system } = process.cpuUsage(cpu);
    const seconds = (performance.now() - start) / 1000;
    // In kilobytes.
    const peak = process.resourceUsage().maxRSS * 1024;
    const { rss } = process.memoryUsage();
    const layers = event.inspection.layers.length;
    process.stdout.write(JSON.stringify({ seconds, processor: (user + system) / 1e6, before, rss, peak, layers }));
    break;
  }
  await engine.dispose();
}

await main(process.argv[2]!);
