import { openEngine } from '../../../core/compute/onnx-runtime.ts';
import { inspect } from '../../../core/inspection/inspect.ts';
import { defaultRequest } from '../../../core/inspection/request.ts';

/** Inspects one file as the command line does, and says when the layers were listed, what is known of them at the end, and what it took. */
async function main(file: string, budget: number): Promise<void> {
  const engine = await openEngine({ provider: 'cpu', threads: 1 });
  const start = performance.now();
  const cpu = process.cpuUsage();
  const processor = (): number => {
    const { user, system } = process.cpuUsage(cpu);
    return (user + system) / 1e6;
  };
  const request = { ...defaultRequest(file), budgetSeconds: budget, threads: 1 };
  let listed = {};
  for await (const event of inspect(request, engine, new AbortController().signal)) {
    if (event.kind === 'opened') listed = { seconds: (performance.now() - start) / 1000, processor: processor() };
    if (event.kind !== 'finished') continue;
    const { layers } = event.inspection;
    const known = layers.filter(({ norms }) => [norms.l1, norms.l2, norms.linf].every((norm) => norm?.upper != null));
    const widths = known.map(({ norms: { l2 } }) => l2!.upper! / l2!.lower);
    process.stdout.write(
      JSON.stringify({
        listed,
        layers: layers.length,
        known: known.length,
        widest: Math.max(...widths),
        seconds: (performance.now() - start) / 1000,
        processor: processor(),
        peak: process.resourceUsage().maxRSS * 1024,
      }),
    );
  }
  await engine.dispose();
}

await main(process.argv[2]!, Number(process.argv[3]));
