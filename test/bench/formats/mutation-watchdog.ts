import { mkdirSync } from 'node:fs';
import { Worker } from 'node:worker_threads';
import type { MutationTask } from './mutation-worker.ts';

/** What one run found: said on standard output as JSON. */
export interface MutationReport {
  readonly rounds: number;
  readonly read: number;
  readonly processorSeconds: number;
  readonly peakMegabytes: number;
  readonly slowestSeconds: number;
  readonly findings: readonly { readonly round: number; readonly said: string }[];
}

const longest = 2;
const mostMegabytes = 512;

/** The reader runs in a thread; this one sees what it takes. What hangs is ended and begun again behind that round. */
async function main([
  worker = '',
  secondsGiven = '60',
  firstRound = '1',
  findings = '',
  ...files
]: readonly string[]): Promise<void> {
  mkdirSync(findings, { recursive: true });
  const seconds = Number(secondsGiven);
  const progress = new SharedArrayBuffer(8);
  const counters = new Int32Array(progress);
  const found: { round: number; said: string }[] = [];
  const start = performance.now();
  const processor = (): number => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  };
  let first = Number(firstRound);
  let slowest = 0;
  let peak = 0;
  while (performance.now() - start < seconds * 1000) {
    const task: MutationTask = {
      files,
      seconds: seconds - (performance.now() - start) / 1000,
      first,
      progress,
      findings,
    };

    await new Promise<void>((resolve) => {
      const thread = new Worker(worker, { workerData: task });
      let since = { round: 0, at: processor() };
      const end = (round: number, said: string): void => {
        clearInterval(watch);
        found.push({ round, said });
        first = round + 1;
        void thread.terminate();
      };
      const watch = setInterval(() => {
        const round = Atomics.load(counters, 0);
        const now = processor();
        if (round !== since.round) since = { round, at: now };
        slowest = Math.max(slowest, now - since.at);
        const megabytes = process.memoryUsage.rss() / 2 ** 20;
        peak = Math.max(peak, megabytes);
        if (now - since.at > longest) end(round, `took more than ${longest} s of the processor`);
        else if (megabytes > mostMegabytes) end(round, `took ${megabytes.toFixed(0)} MB`);
      }, 20);
      thread.on('message', (finding: { round: number; said: string }) => found.push(finding));
      thread.on('error', (error) => {
        const round = Atomics.load(counters, 0);
        found.push({ round, said: `ended the thread: ${error instanceof Error ? error.message : String(error)}` });
        first = round + 1;
      });
      thread.on('exit', () => {
        clearInterval(watch);
        resolve();
      });
    });
  }
  const report: MutationReport = {
    rounds: Atomics.load(counters, 0) - Number(firstRound) + 1,
    read: Atomics.load(counters, 1),
    processorSeconds: processor(),
    peakMegabytes: peak,
    slowestSeconds: slowest,
    findings: found,
  };
  process.stdout.write(JSON.stringify(report));
}

await main(process.argv.slice(2));
