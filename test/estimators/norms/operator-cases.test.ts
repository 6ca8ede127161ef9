import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { type Norm, norms, type NormInterval } from '../../../core/bound.ts';
import { layerDetails } from '../../../core/estimators/norms/layer-details.ts';
import { operatorNorm } from '../../../core/estimators/norms/operator-norm.ts';
import { recheckNorm } from '../../../core/estimators/norms/recheck.ts';
import { openModelFile } from '../../../core/formats/bytes.ts';
import { readModel } from '../../../core/formats/index.ts';
import type { LinearMap } from '../../../core/operators/linear-map.ts';
import { ruleOf } from '../../../core/operators/rule-of.ts';
import { bindInputs } from '../../../core/passes/bind-inputs.ts';
import { inferTypes } from '../../../core/passes/infer-types.ts';
import { workOf } from './small-maps.ts';

/** Single operators with constants that somebody else computed, from the singular values of the matrix written down. */
interface OperatorCase {
  readonly name: string;
  readonly onnx: string;
  readonly expected: Readonly<Record<Norm, number>> & {
    readonly fro?: number;
    readonly sigma_min_of_min_dim?: number;
    readonly reshape2d_l2_NOT_operator_norm?: number;
    readonly mode?: string;
  };
}

const folder = join(import.meta.dirname, '../../../../shared/cases/ops');
const cases = existsSync(folder)
  ? readdirSync(folder)
      .filter((file) => file.endsWith('.json'))
      .map((file) => JSON.parse(readFileSync(join(folder, file), 'utf8')) as OperatorCase)
  : [];

/** Weights are read when they are asked for, so the files stay open as long as the maps. */
const files: ReturnType<typeof openModelFile>[] = [];
afterAll(() => files.forEach((file) => file[Symbol.dispose]()));

/** The linear map of the case's only node; undefined when the case is a small graph or no linear map. */
function mapOf({ onnx }: OperatorCase): LinearMap | undefined {
  const file = openModelFile(join(folder, onnx));
  files.push(file);
  const network = inferTypes(bindInputs(readModel(file), { dims: {}, held: new Map() }).network);
  const [node, ...others] = network.nodes;
  if (node === undefined || others.length > 0) return undefined;
  const rule = ruleOf(network, node);
  return rule.kind === 'affine' ? rule.map : undefined;
}

const affine = cases.flatMap((one) => {
  const map = mapOf(one);
  return map === undefined ? [] : [{ ...one, map }];
});

describe.skipIf(cases.length === 0)('the cases in ../shared/cases/ops (skipped when that folder is missing)', () => {
  it('are mostly single linear maps', () => {
    expect(affine.length).toBeGreaterThanOrEqual(12);
  });

  it.each(affine)(
    '$name has the norms, Frobenius norm and smallest singular value of its matrix',
    async ({ map, expected }) => {
      let l2: NormInterval | undefined;
      for (const norm of norms) {
        let best: NormInterval | undefined;
        for await (const interval of operatorNorm(map, norm, workOf())) best = interval;
        expect(best!.upper).toBeGreaterThanOrEqual(expected[norm] * (1 - 1e-9));
        expect(best!.lower).toBeLessThanOrEqual(expected[norm] * (1 + 1e-9));
        expect(best!.upper).toBeLessThanOrEqual(best!.lower * (1 + 1e-9));
        expect(await recheckNorm(map, norm, best!, workOf())).toMatchObject({ verdict: 'confirmed' });
        if (norm === 'l2') l2 = best;
      }
      const details = await layerDetails(map, l2!, workOf());
      expect(Math.abs(details.frobenius! - expected.fro!)).toBeLessThanOrEqual(1e-9 * expected.fro!);
      // Theirs comes from single precision where it is a rounding error.
      if (expected.sigma_min_of_min_dim !== undefined)
        expect(Math.abs(details.smallest!.value - expected.sigma_min_of_min_dim)).toBeLessThan(
          1e-6 * l2!.upper + 1e-12,
        );
      // The cases reshape transposed weights by their first axis; PyTorch's spectral_norm, and we, by their second.
      if (map.structure.kind === 'convolution' && map.structure.convolution.direction === 'forward')
        expect(details.kernelNorm).toBeCloseTo(expected.reshape2d_l2_NOT_operator_norm!, 6);
    },
  );
});
