import type { Session } from './engine.ts';

/**
 * Runs a tiny graph whose answer is known, so that a provider is only believed after it has computed something: drivers exist that
 * create a session and then fail, or answer wrongly, at the first run.
 */
export async function answersRightly(session: Session): Promise<boolean> {
  const { y } = await session.run({ x: { type: 'float32', shape: [2, 3], data: Float32Array.of(1, 2, 3, -4, 5, -6) } });
  return y?.data.length === expected.length && expected.every((value, i) => Math.abs(Number(y.data[i]) - value) < 1e-4);
}

/** y = Relu(x · w), w = [[1, -2], [3, 4], [-5, 6]], x of shape [2, 3], opset 13; written by the onnx package's `helper`. */
export const selfTestModel: Uint8Array = Buffer.from(
  'CAg6cwoRCgF4CgF3EgFtIgZNYXRNdWwKDAoBbRIBeSIEUmVsdRIBZyojCAMIAhABIhgAAIA/AAAAwAAAQEAAAIBAAACgwAAAwEBCAXdaEwoBeBIOCgwIARIICgIIAgoCCANiEwoBeRIOCgwIARIICgIIAgoCCAJCBAoAEA0=',
  'base64',
);

const expected: readonly number[] = [0, 24, 41, 0];
