import { chainFunctions, type Chain, type ChainStep } from '../../../network/layer-chain.ts';
import { UserError } from '../../../sentence.ts';
import type { ByteSource } from '../../format.ts';
import { isObject, readJson, type Json, type JsonObject } from '../../json.ts';
import { quoted } from '../../wording.ts';

export const chainFormat = 'lipschitz-chain';

/** As `lipschitz chain` writes it, one step on a line so that it is easily moved. */
export function chainJson({ basis, input, steps }: Chain): string {
  const lines = steps.map((step) => `    ${JSON.stringify(step)}`).join(',\n');
  const head = [
    `"format": "${chainFormat}"`,
    '"version": 1',
    `"basis": ${JSON.stringify(basis)}`,
    `"input": ${JSON.stringify(input)}`,
  ];
  return `{\n${head.map((line) => `  ${line},`).join('\n')}\n  "steps": [\n${lines}\n  ]\n}\n`;
}

export function readChain(source: ByteSource): Chain {
  const json = readJson(source);
  if (!isObject(json) || json['format'] !== chainFormat || json['version'] !== 1) {
    throw new UserError(
      `${source.name} is no chain: lipschitz chain MODEL writes one ("format": "${chainFormat}", "version": 1).`,
    );
  }
  const input = listOf(json['input'], 'input', source.name);
  return {
    basis: typeof json['basis'] === 'string' ? json['basis'] : `the word of ${source.name}`,
    input: input.map((size) => {
      if (size === null || (typeof size === 'number' && Number.isSafeInteger(size) && size > 0)) return size;
      throw new UserError(`${source.name} gives the input a size that is none: ${JSON.stringify(size)}.`);
    }),
    steps: listOf(json['steps'], 'steps', source.name).map((step) => stepOf(step, source.name)),
  };
}

function listOf(value: Json | undefined, what: string, file: string): readonly Json[] {
  if (Array.isArray(value)) return value as readonly Json[];
  throw new UserError(`${file} has no list of "${what}".`);
}

function stepOf(step: Json, file: string): ChainStep {
  const wrong = (): UserError =>
    new UserError(
      `${file} has the step ${quoted(JSON.stringify(step))}, which is none of {"layer": NAME}, {"function": ${chainFunctions.join(' | ')}}, {"pool": "max" | "average", "size": N} and {"flatten": true}.`,
    );
  if (!isObject(step)) throw wrong();
  const { layer, pool } = step;
  if (typeof layer === 'string') {
    return {
      layer,
      ...whole(step, 'stride', 1, wrong),
      ...whole(step, 'padding', 0, wrong),
      ...whole(step, 'groups', 1, wrong),
    };
  }
  const named = chainFunctions.find((name) => name === step['function']);
  if (named !== undefined) return { function: named };
  if (pool === 'max' || pool === 'average') {
    const { size } = { size: 0, ...whole(step, 'size', 1, wrong) };
    if (size > 0) return { pool, size };
  }
  if (step['flatten'] === true) return { flatten: true };
  throw wrong();
}

function whole(step: JsonObject, name: string, least: number, wrong: () => UserError): Record<string, number> {
  const value = step[name];
  if (value === undefined) return {};
  if (typeof value === 'number' && Number.isSafeInteger(value) && value >= least) return { [name]: value };
  throw wrong();
}
