import { fork, type ChildProcess } from 'node:child_process';
import {
  CancellationTokenSource,
  createMessageConnection,
  IPCMessageReader,
  IPCMessageWriter,
  type MessageConnection,
} from 'vscode-jsonrpc/node';
import type { Answer, CallArgument, CallName, CallResult, Failure, WorkerNotifications } from './protocol.ts';
import { residentBytes } from './resident-memory.ts';

export interface WorkerProcessOptions {
  /** The bundled script that calls `serve`. */
  readonly entryFile: string;
  readonly entryArguments?: readonly string[];
  /** Of physical memory, for the whole process: heap, tensors and ONNX Runtime together. */
  readonly memoryLimitMB: number;
  /** What the worker and the libraries in it print. */
  readonly log: (text: string) => void;
}

/** What is told of a running call. */
export type EventListeners = {
  readonly [N in 'inspectionEvent' | 'mapEvent' | 'smoothingEvent']: (event: WorkerNotifications[N]) => void;
};

type Crash = Extract<Failure, { kind: 'crashed' }>;

/** One life of the worker: from its fork to its exit, after which this object is of no more use. */
export class WorkerProcess {
  readonly #child: ChildProcess;
  readonly #connection: MessageConnection;
  readonly #memoryLimitMB: number;
  readonly #crash: Promise<Crash>;
  #alive = true;
  #outgrewMemory = false;
  #lastWords = '';

  constructor(options: WorkerProcessOptions, listeners: EventListeners) {
    this.#memoryLimitMB = options.memoryLimitMB;
    this.#child = fork(options.entryFile, options.entryArguments ?? [], {
      serialization: 'advanced',
      execArgv: [`--max-old-space-size=${options.memoryLimitMB}`],
      // The extension host runs on Electron's binary, which is Node only when told so.
      env: { ...process.env, ELECTRON_RUN_AS_NODE: '1' },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    const print = (chunk: Buffer): void => {
      this.#lastWords = (this.#lastWords + chunk.toString()).slice(-4096);
      options.log(chunk.toString());
    };
    this.#child.stdout?.on('data', print);
    this.#child.stderr?.on('data', print);
    this.#crash = this.#untilExit();
    this.#connection = createMessageConnection(new IPCMessageReader(this.#child), new IPCMessageWriter(this.#child), {
      error: options.log,
      warn: options.log,
      info: options.log,
      log: options.log,
    });
    // Writing to a worker that has just died; its exit tells the story.
    this.#connection.onError(([error]) => options.log(error.message));
    this.#connection.onNotification('inspectionEvent', listeners.inspectionEvent);
    this.#connection.onNotification('mapEvent', listeners.mapEvent);
    this.#connection.onNotification('smoothingEvent', listeners.smoothingEvent);
    this.#connection.onNotification('memory', (memory: WorkerNotifications['memory']) =>
      this.#limit(memory.residentBytes),
    );
    this.#connection.listen();
  }

  get alive(): boolean {
    return this.#alive;
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /**
   * Always answers, within 300 ms after `signal` (which has not been given yet): a computation that does not notice its
   * cancellation, say because native code holds the event loop, dies with its process.
   */
  async call<K extends CallName>(
    name: K,
    argument: CallArgument<K>,
    signal: AbortSignal,
  ): Promise<Answer<CallResult<K>>> {
    const cancellation = new CancellationTokenSource();
    const memoryWatch = setInterval(() => void this.#watchMemory(), 250);
    let patience: NodeJS.Timeout | undefined;
    let giveUp: (answer: Answer<never>) => void = () => undefined;
    const cancelled = new Promise<Answer<never>>((resolve) => (giveUp = resolve));
    const cancel = (): void => {
      cancellation.cancel();
      patience = setTimeout(() => {
        this.kill();
        giveUp(cancelledAnswer);
      }, patienceMs);
    };
    signal.addEventListener('abort', cancel, { once: true });
    const crashed = this.#crash.then((crash) => (signal.aborted ? cancelledAnswer : { err: crash }));
    try {
      const answer = this.#connection.sendRequest<Answer<CallResult<K>>>(name, argument, cancellation.token);
      return await Promise.race([answer, cancelled, crashed]);
    } catch (error) {
      if (!this.#alive) return await crashed;
      const { message, stack } = error instanceof Error ? error : new Error(String(error));
      return { err: { kind: 'internal', message, stack: stack ?? '' } };
    } finally {
      signal.removeEventListener('abort', cancel);
      clearInterval(memoryWatch);
      clearTimeout(patience);
      cancellation.dispose();
    }
  }

  /** The only way it ends: it holds nothing that needs saving, and only this is certain to work. */
  kill(): void {
    this.#alive = false;
    this.#child.kill('SIGKILL');
  }

  #untilExit(): Promise<Crash> {
    return new Promise((resolve) => {
      const end = (how: string): void => {
        this.#alive = false;
        resolve({ kind: 'crashed', message: this.#obituary(how) });
      };
      this.#child.on('exit', () => (this.#alive = false));
      this.#child.on('error', (error) => end(error.message));
      // Not at 'exit': the last words on stderr may still be under way.
      this.#child.on('close', (code, signal) => {
        end(signal === null ? `exit code ${code ?? 'unknown'}` : `signal ${signal}`);
        this.#connection.dispose();
      });
    });
  }

  #obituary(how: string): string {
    const outOfMemory = this.#outgrewMemory || this.#lastWords.includes('heap out of memory');
    return outOfMemory
      ? `The computation needed more than ${this.#memoryLimitMB} MB of memory and was stopped: what was found until then is kept; raise the memory limit in the settings to go further.`
      : `The process that computes ended unexpectedly (${how}): what was found until then is kept, and the next inspection starts it anew.`;
  }

  async #watchMemory(): Promise<void> {
    const { pid } = this.#child;
    const bytes = pid === undefined ? undefined : await residentBytes(pid);
    if (bytes !== undefined) this.#limit(bytes);
  }

  #limit(residentBytes: number): void {
    if (!this.#alive || residentBytes <= this.#memoryLimitMB * 2 ** 20) return;
    this.#outgrewMemory = true;
    this.kill();
  }
}

const cancelledAnswer: Answer<never> = { err: { kind: 'cancelled' } };

/** Leaves 100 ms of the promised 300 for the kill itself and the way back. */
const patienceMs = 200;
