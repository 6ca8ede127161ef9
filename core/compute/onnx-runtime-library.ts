import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { UserError } from '../sentence.ts';

/** ONNX Runtime as a native library, or as WebAssembly where there is no native binary. Both speak the same interface. */
export interface RuntimeLibrary {
  readonly runtime: 'native' | 'wasm';
  readonly InferenceSession: typeof InferenceSession;
  readonly Tensor: typeof Tensor;
  /** Why it is not the native one. */
  readonly notice?: string;
}

/**
 * Imported when first needed and never bundled: the native package finds its library beside itself, and an extension host that
 * only shows a cached hover must not load 30 MB.
 */
export async function loadRuntime(prefer: 'native' | 'wasm', threads: number): Promise<RuntimeLibrary> {
  if (prefer === 'wasm') return loadWasm(threads);
  try {
    // From 1.29 on the library reports its use to Microsoft unless this stands in the environment before it is loaded.
    process.env['ORT_DISABLE_TELEMETRY'] = '1';
    const { InferenceSession, Tensor, env } = await import('onnxruntime-node');
    // A provider that is missing says so on stderr at every lower level; the caller gets the same as an exception.
    env.logLevel = 'fatal';
    return { runtime: 'native', InferenceSession, Tensor };
  } catch (nativeError) {
    const platform = `${process.platform} ${process.arch}`;
    const cause = nativeError instanceof Error ? nativeError.message.split('\n')[0] : String(nativeError);
    try {
      const wasm = await loadWasm(threads);
      const notice = `There is no native ONNX Runtime for ${platform} here (${cause}), so its slower WebAssembly build computes.`;
      return { ...wasm, notice };
    } catch {
      throw new UserError(
        `Neither the native ONNX Runtime for ${platform} nor its WebAssembly build could be loaded (${cause}): install the extension's package for this platform.`,
      );
    }
  }
}

async function loadWasm(threads: number): Promise<RuntimeLibrary> {
  const { InferenceSession, Tensor, env } = await import('onnxruntime-web');
  env.logLevel = 'fatal';
  // One pool for the whole process, fixed when the first session is made. The .wasm file is found beside the package's own script.
  env.wasm.numThreads = threads;
  return { runtime: 'wasm', InferenceSession, Tensor };
}
