import type { NumericArray, Session } from './engine.ts';

type Arrays = Readonly<Record<string, NumericArray>>;

/**
 * A session on a GPU that moves to the CPU for good when the GPU fails where the CPU does not; providers accept graphs that they
 * then cannot run (WebGPU: MaxPool with its indices). What fails on both is the graph's or the caller's fault and is thrown.
 */
export async function openRescued(
  openOnGpu: () => Promise<Session>,
  openOnCpu: () => Promise<Session>,
  onMove: (gpuError: unknown) => void,
): Promise<Session> {
  try {
    return new RescuedSession(await openOnGpu(), openOnCpu, onMove);
  } catch (gpuError) {
    const session = await openOnCpu();
    onMove(gpuError);
    return session;
  }
}

class RescuedSession implements Session {
  readonly #onMove: (gpuError: unknown) => void;
  #openOnCpu: (() => Promise<Session>) | undefined;
  #session: Session;

  constructor(gpu: Session, openOnCpu: () => Promise<Session>, onMove: (gpuError: unknown) => void) {
    this.#session = gpu;
    this.#openOnCpu = openOnCpu;
    this.#onMove = onMove;
  }

  async run(inputs: Arrays, into?: Arrays): Promise<Arrays> {
    const openOnCpu = this.#openOnCpu;
    if (openOnCpu === undefined) return this.#session.run(inputs, into);
    try {
      return await this.#session.run(inputs, into);
    } catch (gpuError) {
      const cpu = await openOnCpu();
      const outputs = await runOrDispose(cpu, inputs, into);
      const movedMeanwhile = this.#openOnCpu === undefined;
      const retired = movedMeanwhile ? cpu : this.#session;
      if (!movedMeanwhile) {
        this.#session = cpu;
        this.#openOnCpu = undefined;
        this.#onMove(gpuError);
      }
      await retired.dispose();
      return outputs;
    }
  }

  dispose(): Promise<void> {
    return this.#session.dispose();
  }
}

async function runOrDispose(session: Session, inputs: Arrays, into: Arrays | undefined): Promise<Arrays> {
  try {
    return await session.run(inputs, into);
  } catch (error) {
    await session.dispose();
    throw error;
  }
}
