import { basename, resolve } from 'node:path';
import { parseArgs, type ParseArgsConfig } from 'node:util';
import { norms, type Norm } from '../bound.ts';
import { openModelFile } from '../formats/bytes.ts';
import { readChain } from '../formats/weights/chain/chain.ts';
import { defaultRequest, type InspectionRequest, type SuppliedChain } from '../inspection/request.ts';
import { UsageError } from './usage.ts';

export const commandOptions = {
  norm: { type: 'string' },
  region: { type: 'string' },
  budget: { type: 'string' },
  input: { type: 'string' },
  output: { type: 'string' },
  set: { type: 'string', multiple: true },
  dim: { type: 'string', multiple: true },
  provider: { type: 'string' },
  threads: { type: 'string' },
  'as-if-unquantised': { type: 'boolean' },
  chain: { type: 'string' },
  source: { type: 'string' },
  watch: { type: 'boolean' },
  cache: { type: 'string' },
  max: { type: 'string' },
  'budget-file': { type: 'string' },
  format: { type: 'string' },
  target: { type: 'string' },
  noise: { type: 'string' },
  'data-scale': { type: 'string' },
  witness: { type: 'string' },
  json: { type: 'string' },
  out: { type: 'string' },
  axes: { type: 'string' },
  data: { type: 'string' },
  pin: { type: 'string', multiple: true },
  random: { type: 'boolean' },
  through: { type: 'string', multiple: true },
  at: { type: 'string' },
  range: { type: 'string' },
  grid: { type: 'string' },
  method: { type: 'string' },
  pairs: { type: 'string' },
  samples: { type: 'string' },
  seed: { type: 'string' },
  restrict: { type: 'string' },
  csv: { type: 'string' },
  svg: { type: 'string' },
  png: { type: 'string' },
  scale: { type: 'string' },
  beside: { type: 'string' },
  html: { type: 'string' },
  epsilon: { type: 'string' },
  rule: { type: 'string' },
  variant: { type: 'string' },
  radii: { type: 'string' },
  weight: { type: 'string', multiple: true },
  lock: { type: 'string', multiple: true },
  labels: { type: 'string' },
  report: { type: 'string' },
  spectral: { type: 'string' },
  layers: { type: 'string' },
  rescale: { type: 'string', multiple: true },
  bilipschitz: { type: 'boolean' },
  verbose: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const satisfies ParseArgsConfig['options'];

/** What every command that inspects a model may be asked: the question, and what answers it. */
export const questionOptions = [
  ...(['norm', 'region', 'budget', 'input', 'output', 'set', 'dim', 'as-if-unquantised'] as const),
  ...(['provider', 'threads', 'json', 'verbose', 'help'] as const),
] as const;

export interface Arguments {
  readonly values: Partial<
    Record<
      Exclude<
        keyof typeof commandOptions,
        | 'set'
        | 'dim'
        | 'weight'
        | 'lock'
        | 'rescale'
        | 'through'
        | 'pin'
        | 'random'
        | 'watch'
        | 'as-if-unquantised'
        | 'bilipschitz'
        | 'verbose'
        | 'help'
      >,
      string
    >
  > & {
    readonly set?: string[];
    readonly dim?: string[];
    readonly weight?: string[];
    readonly lock?: string[];
    readonly rescale?: string[];
    readonly through?: string[];
    readonly pin?: string[];
    readonly random?: boolean;
    readonly watch?: boolean;
    readonly 'as-if-unquantised'?: boolean;
    readonly bilipschitz?: boolean;
    readonly verbose?: boolean;
    readonly help?: boolean;
  };
  readonly positionals: readonly string[];
}

export function readArguments(args: readonly string[], allowed: readonly (keyof typeof commandOptions)[]): Arguments {
  const options = Object.fromEntries(
    Object.entries(commandOptions).filter(([name]) => (allowed as readonly string[]).includes(name)),
  );
  try {
    return parseArgs({ args: joinNegatives(args), options, allowPositionals: true, strict: true });
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message.split('\n')[0]! : String(error));
  }
}

/** "--region -1,1" is a value, not an option: parseArgs takes it only when it is attached. */
function joinNegatives(args: readonly string[]): string[] {
  return args.reduce<string[]>((joined, argument) => {
    const previous = joined.at(-1);
    const takesValue = previous?.startsWith('--') === true && !previous.includes('=');
    return takesValue && /^-[\d.]/.test(argument)
      ? [...joined.slice(0, -1), `${previous}=${argument}`]
      : [...joined, argument];
  }, []);
}

const providers = ['auto', 'cpu', 'webgpu', 'cuda', 'dml', 'coreml'] as const;

export function requestOf({ values }: Arguments, file: string): InspectionRequest {
  const request = defaultRequest(resolve(file));
  const provider = providers.find((name) => name === (values.provider ?? 'auto'));
  if (provider === undefined)
    throw new UsageError(`--provider must be one of ${providers.join(', ')}, not "${values.provider!}".`);
  return {
    ...request,
    norm: normOf(values.norm),
    region: values.region ?? 'all',
    budgetSeconds: numberOf('--budget', values.budget, request.budgetSeconds),
    provider,
    threads: threadsOf(values.threads),
    ...(values.input === undefined ? {} : { input: values.input }),
    ...(values.output === undefined ? {} : { output: values.output }),
    ...(values['as-if-unquantised'] === true ? { quantisation: 'left out' } : {}),
    ...(values.chain === undefined ? {} : { chain: suppliedChain(values.chain) }),
    set: pairs('--set', values.set),
    dims: Object.fromEntries(
      Object.entries(pairs('--dim', values.dim)).map(([name, size]) => [name, sizeOf(name, size)]),
    ),
  };
}

function suppliedChain(path: string): SuppliedChain {
  using file = openModelFile(resolve(path));
  return { ...readChain(file.source), by: basename(path) };
}

function normOf(text: string | undefined): Norm {
  const norm = norms.find((name) => name === (text ?? 'l2'));
  if (norm === undefined) throw new UsageError(`--norm must be l1, l2 or linf, not "${text!}".`);
  return norm;
}

export function numberOf(option: string, text: string | undefined, otherwise: number): number {
  if (text === undefined) return otherwise;
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value < 0)
    throw new UsageError(`${option} needs a number of at least 0, not "${text}".`);
  return value;
}

const mostThreads = 256;

function threadsOf(text: string | undefined): number {
  const threads = numberOf('--threads', text, 0);
  if (!Number.isInteger(threads) || threads > mostThreads)
    throw new UsageError(`--threads needs a whole number up to ${mostThreads}, not "${text!}".`);
  return threads;
}

export function pairs(option: string, list: readonly string[] | undefined): Record<string, string> {
  return Object.fromEntries(
    (list ?? []).map((pair) => {
      const at = pair.lastIndexOf('=');
      if (at < 1 || at === pair.length - 1) throw new UsageError(`${option} needs NAME=VALUE, not "${pair}".`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function sizeOf(name: string, text: string): number {
  const size = Number(text);
  if (!Number.isInteger(size) || size < 1)
    throw new UsageError(`--dim ${name}=${text}: a size is a whole number of at least 1.`);
  return size;
}
