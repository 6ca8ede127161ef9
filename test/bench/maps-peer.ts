import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface PeerSeconds {
  readonly wall: number;
  readonly cpu: number;
}

export interface PeerSetting {
  readonly threads: number;
  /** How its threads wait for each other. Those that spin, as they do unasked, take the core from the one that computes where others need it, too. */
  readonly waiting: 'spinning' | 'asleep';
}

/** On a machine with other work spinning threads would measure nothing but themselves. */
export const peerSettings = (load: number): readonly PeerSetting[] => [
  { threads: 1, waiting: 'spinning' },
  { threads: 2, waiting: 'asleep' },
  ...(load < 1.5 ? ([{ threads: 2, waiting: 'spinning' }] as const) : []),
];

/** A PyTorch process that stays warm and measures when it is asked. */
export class MapsPeer implements Disposable {
  readonly #process: ChildProcessWithoutNullStreams;
  readonly #lines: AsyncIterator<string>;
  readonly setting: PeerSetting;
  torch = '';

  private constructor(python: string, setting: PeerSetting) {
    this.setting = setting;
    const { threads, waiting } = setting;
    // Memory is kept between calls: without that most of its time goes into fresh pages.
    const env = { ...process.env, MALLOC_MMAP_THRESHOLD_: '1073741824', MALLOC_TRIM_THRESHOLD_: '2147483648', ...(waiting === 'asleep' ? { OMP_WAIT_POLICY: 'PASSIVE', GOMP_SPINCOUNT: '0' } : {}) }; // prettier-ignore
    this.#process = spawn(python, [join(import.meta.dirname, 'maps-peers.py'), String(threads)], { env });
    this.#process.stderr.pipe(process.stderr);
    this.#lines = createInterface({ input: this.#process.stdout })[Symbol.asyncIterator]();
  }

  /** undefined where this Python has no torch. */
  static async start(python: string, setting: PeerSetting): Promise<MapsPeer | undefined> {
    const peer = new MapsPeer(python, setting);
    const first = await Promise.race([
      peer.#lines.next(),
      new Promise<undefined>((resolve) => {
        peer.#process.once('error', () => resolve(undefined));
      }),
    ]);
    if (first === undefined || first.done === true) return undefined;
    peer.torch = (JSON.parse(first.value) as { torch: string }).torch;
    return peer;
  }

  async measure(chunk: number, measured: number): Promise<PeerSeconds> {
    this.#process.stdin.write(`${JSON.stringify({ chunk, measured })}\n`);
    const line = await this.#lines.next();
    if (line.done === true) throw new Error('The PyTorch process ended.');
    return JSON.parse(line.value) as PeerSeconds;
  }

  [Symbol.dispose](): void {
    this.#process.kill();
  }
}
