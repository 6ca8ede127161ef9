import { smoothingRuleNames } from '../estimators/smoothing/rules/index.ts';
import { defaultSmoothingRequest, type SmoothingRequest } from '../inspection/smooth-request.ts';
import { smoothingVariants } from '../operators/smoothings/smoothing.ts';
import { numberOf, pairs, requestOf, type Arguments } from './arguments.ts';
import { UsageError } from './usage.ts';

/** What was asked of `lipschitz smooth`. */
export function smoothingRequestOf(args: Arguments, file: string): SmoothingRequest {
  const { values } = args;
  if (values.epsilon === undefined)
    throw new UsageError('Say by how much the output may move: lipschitz smooth MODEL --epsilon E');
  const epsilon = numberOf('--epsilon', values.epsilon, 0);
  if (epsilon === 0) throw new UsageError('--epsilon needs a number larger than 0.');
  const asked = requestOf(args, file);
  const { region, budgetSeconds, provider, threads, input, output, set, dims } = asked;
  const request = defaultSmoothingRequest(asked.file, epsilon);
  if (values.labels !== undefined && values.data === undefined)
    throw new UsageError('--labels belongs to --data: name the examples as well.');
  return {
    ...request,
    ...{ region, budgetSeconds, provider, threads, set, dims },
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    rule: oneOf('--rule', smoothingRuleNames, values.rule ?? request.rule),
    variant: oneOf('--variant', smoothingVariants, values.variant ?? request.variant),
    ...(values.radii === undefined ? {} : { radii: radiiOf(values.radii) }),
    ...choicesOf(values.weight, values.lock),
    samples: wholeOf('--samples', values.samples, request.samples),
    seed: wholeOf('--seed', values.seed, request.seed),
    ...(values.data === undefined ? {} : { data: values.data }),
    ...(values.labels === undefined ? {} : { labels: values.labels }),
    model: values.out === undefined ? 'left out' : 'written',
  };
}

/** By name or id of a layer. */
function choicesOf(
  weights: readonly string[] | undefined,
  locks: readonly string[] | undefined,
): Pick<SmoothingRequest, 'choices'> {
  const [weight, locked] = [numbersByLayer('--weight', weights), numbersByLayer('--lock', locks)];
  const layers = [...new Set([...weight.keys(), ...locked.keys()])];
  if (layers.length === 0) return {};
  return {
    choices: Object.fromEntries(
      layers.map((layer) => [
        layer,
        {
          ...(weight.has(layer) ? { weight: weight.get(layer)! } : {}),
          ...(locked.has(layer) ? { locked: locked.get(layer)! } : {}),
        },
      ]),
    ),
  };
}

function numbersByLayer(option: string, texts: readonly string[] | undefined): ReadonlyMap<string, number> {
  return new Map(
    Object.entries(pairs(option, texts)).map(([layer, text]) => {
      const value = numberOf(`${option} ${layer}`, text, 0);
      if (value === 0) throw new UsageError(`${option} ${layer} needs a number larger than 0.`);
      return [layer, value] as const;
    }),
  );
}

function oneOf<T extends string>(option: string, names: readonly T[], text: string): T {
  const found = names.find((name) => name === text);
  if (found === undefined) throw new UsageError(`${option} must be one of ${names.join(', ')}, not "${text}".`);
  return found;
}

function radiiOf(text: string): readonly number[] {
  const radii = text.split(',').map((part) => (part.trim() === '' ? Number.NaN : Number(part)));
  if (radii.some((radius) => !(radius >= 0 && Number.isFinite(radius))))
    throw new UsageError(`--radii needs numbers separated by commas, not "${text}".`);
  return radii;
}

function wholeOf(option: string, text: string | undefined, otherwise: number): number {
  const value = numberOf(option, text, otherwise);
  if (!Number.isInteger(value)) throw new UsageError(`${option} needs a whole number, not "${text!}".`);
  return value;
}
