import { basename } from 'node:path';
import type { Engine } from '../compute/engine.ts';
import { openModelFile } from '../formats/bytes.ts';
import { readModel } from '../formats/index.ts';
import { composed } from '../formats/weights/chain/compose.ts';
import { chainLayers } from '../formats/weights/chain/propose.ts';
import type { Network } from '../network/network.ts';
import { countNonFinite } from '../network/tensor-health.ts';
import { isFloating } from '../network/tensor.ts';
import { prepare, type Preparation, type PreparedNetwork } from '../passes/prepare.ts';
import type { ModelSummary } from '../report/inspection.ts';
import { RequestError, UserError } from '../sentence.ts';
import { fingerprint } from './fingerprint.ts';
import { readValue } from './points.ts';
import type { InspectionRequest, SuppliedChain } from './request.ts';
import { parametersOf } from './summary.ts';
import type { Assumption } from './weights/assumed.ts';

/** A model file that is open (its weights are read when needed) and prepared for one question. */
export interface OpenModel extends Disposable {
  readonly summary: ModelSummary;
  /** As it lies in the file, before anything was prepared. */
  readonly network: Network;
  readonly prepared: PreparedNetwork;
  readonly notes: readonly string[];
}

/** The part of every request that says which function is meant. */
export type ModelQuestion = Pick<
  InspectionRequest,
  'file' | 'input' | 'output' | 'set' | 'dims' | 'quantisation' | 'chain'
>;

/** The network of a file that is open, before anything is asked about it. */
export interface OpenNetwork extends Disposable {
  readonly network: Network;
  /** Present where the network was put together by a chain, which the file does not vouch for. */
  readonly assumption?: Assumption;
}

export function openNetwork(request: Pick<InspectionRequest, 'file' | 'chain'>): OpenNetwork {
  const file = openModelFile(request.file);
  try {
    const network = readModel(file);
    const close = { [Symbol.dispose]: () => file[Symbol.dispose]() };
    return request.chain === undefined
      ? { network, ...close }
      : { ...chained(network, request.chain, request.file), ...close };
  } catch (error) {
    file[Symbol.dispose]();
    throw naming(request.file, error);
  }
}

function chained(network: Network, chain: SuppliedChain, file: string): Omit<OpenNetwork, typeof Symbol.dispose> {
  const name = basename(file);
  if (network.unconnected === undefined)
    throw new RequestError(
      `${name} has a graph of its own, so ${chain.by} cannot say how its layers follow one another.`,
    );
  const { layers } = network.unconnected;
  return {
    network: composed(network, layers, chain, name),
    assumption: { chain, layers: chainLayers(layers) },
  };
}

/** Takes over the file, which is closed with the model or when this fails. */
export async function openModel(
  request: ModelQuestion,
  engine: Engine,
  file: OpenNetwork = openNetwork(request),
): Promise<OpenModel> {
  try {
    const { network } = file;
    if (network.unconnected !== undefined)
      throw new UserError(`${network.unconnected.reason}; ${network.unconnected.remedy}.`);
    const prepared = await prepareFor(request, network, engine);
    const { sha256 } = await fingerprint(request.file);
    const summary = summaryOf(network, prepared, basename(request.file), sha256);
    return {
      summary,
      network,
      prepared,
      notes: [...(network.notes ?? []), ...prepared.notes, ...brokenWeights(network)],
      [Symbol.dispose]: () => file[Symbol.dispose](),
    };
  } catch (error) {
    file[Symbol.dispose]();
    throw naming(request.file, error);
  }
}

/** The network made ready for the question; its weights are still read when needed. */
function prepareFor(request: ModelQuestion, network: Network, engine: Engine): Promise<PreparedNetwork> {
  const held = new Map<string, Float64Array>();
  for (const [name, text] of Object.entries(request.set)) {
    const value = readValue(text);
    if (value !== undefined) held.set(name, value);
  }
  return prepare(network, { ...given(request), dims: request.dims, held }, engine);
}

/** Whatever the reader says, the user wants to know in which file. */
function naming(file: string, error: unknown): unknown {
  const name = basename(file);
  return error instanceof UserError && !(error instanceof RequestError) && !error.message.includes(name)
    ? new UserError(`${name}: ${error.message}`)
    : error;
}

const given = ({
  input,
  output,
  quantisation,
}: ModelQuestion): Pick<Preparation, 'input' | 'output' | 'quantisation'> => ({
  ...(input === undefined ? {} : { input }),
  ...(output === undefined ? {} : { output }),
  ...(quantisation === undefined ? {} : { quantisation }),
});

function summaryOf(network: Network, prepared: PreparedNetwork, file: string, sha256: string): ModelSummary {
  return {
    file,
    sha256,
    format: network.format,
    parameters: parametersOf(network),
    inputs: network.inputs,
    outputs: network.outputs,
    input: prepared.input,
    output: prepared.output,
  };
}

/** Every layer whose weights hold NaN or Infinity, with how many: nothing can be said about it, or about what follows. */
function brokenWeights({ constants }: Network): string[] {
  return [...constants.values()].flatMap((tensor) => {
    const count = isFloating(tensor.type) ? countNonFinite(tensor) : 0;
    return count === 0
      ? []
      : [
          `The weights "${tensor.name}" hold ${count} ${count === 1 ? 'value' : 'values'} that ${count === 1 ? 'is' : 'are'} NaN or infinite.`,
        ];
  });
}
