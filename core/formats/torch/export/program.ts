import { UserError } from '../../../sentence.ts';

/** A JSON object of which nothing is known yet. */
export type Json = Readonly<Record<string, unknown>>;

export const isJson = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export const objectIn = (value: Json, key: string): Json => (isJson(value[key]) ? value[key] : {});

export const listIn = (value: Json, key: string): readonly Json[] => {
  const list = value[key];
  return Array.isArray(list) ? list.filter(isJson) : [];
};

export const textIn = (value: Json, key: string): string => (typeof value[key] === 'string' ? value[key] : '');

/** What stands in the place of a tensor or size: its name in the graph. */
export interface Named {
  readonly name: string;
}

/** A graph inside a call: a branch of torch.cond, the body of a scan. It reads nothing of the graph around it but what it is given. */
export interface Inner {
  /** Read when it is asked for: a damaged file may hold graphs within graphs without end. */
  readonly graph: () => Graph;
}

export interface Graph {
  readonly calls: readonly Call[];
  readonly values: ReadonlyMap<string, TensorMeta>;
  readonly inputs: readonly Argument[];
  readonly outputs: readonly Argument[];
}

/** An argument of a call: numbers and texts as they are, tensors and symbolic sizes by name. */
export type Argument = null | boolean | number | string | Named | Inner | readonly Argument[];

export interface Call {
  /** "aten.conv2d", without the overload. */
  readonly target: string;
  /** By name; those without one, as calls with graphs inside have them, by their place. */
  readonly arguments: ReadonlyMap<string, Argument>;
  readonly outputs: readonly string[];
  readonly metadata: Json;
  /** Why it stays as it is, where that is clear before it is translated. */
  readonly refused?: string;
}

export interface TensorMeta {
  readonly dtype: number;
  /** A number, or the expression of a size that is free. */
  readonly sizes: readonly (number | string)[];
}

export interface Program {
  readonly calls: readonly Call[];
  readonly values: ReadonlyMap<string, TensorMeta>;
  /** Names in the graph of parameters, buffers and constants, with those in the state dict. */
  readonly held: ReadonlyMap<string, string>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** The exported program out of its JSON; what is not understood of a call is null there. */
export function readProgram(text: string, file: string): Program {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new UserError(`${file} holds a program that is no JSON: export it again.`);
  }
  if (!isJson(json) || !isJson(json['graph_module']))
    throw new UserError(`${file} holds no graph of torch.export: export it again.`);
  const module = json['graph_module'];
  const graph = objectIn(module, 'graph');
  const signature = objectIn(module, 'signature');
  const specs = listIn(signature, 'input_specs');
  return {
    calls: callsIn(graph),
    values: valuesIn(graph),
    held: new Map(specs.flatMap(heldBy)),
    inputs: specs.flatMap((spec) =>
      isJson(spec['user_input']) ? namesIn([argumentOf(objectIn(spec['user_input'], 'arg'))]) : [],
    ),
    outputs: listIn(signature, 'output_specs').flatMap((spec) =>
      isJson(spec['user_output']) ? namesIn([argumentOf(objectIn(spec['user_output'], 'arg'))]) : [],
    ),
  };
}

const callsIn = (graph: Json): readonly Call[] => listIn(graph, 'nodes').map(callOf).flatMap(withoutTokens);

/** Tokens keep calls with effects (checks, messages) in their order; a call that gives nothing else computes nothing. */
function withoutTokens(call: Call): readonly Call[] {
  if (call.target !== 'higher_order.with_effects') return [call];
  const outputs = call.outputs.slice(1);
  if (outputs.every((name) => name === '')) return [];
  return [{ ...call, outputs, arguments: new Map([...call.arguments].slice(1)) }];
}

const valuesIn = (graph: Json): ReadonlyMap<string, TensorMeta> =>
  new Map(Object.entries(objectIn(graph, 'tensor_values')).map(([name, meta]) => [name, metaOf(meta)]));

const graphOf = (graph: Json): Graph => ({
  calls: callsIn(graph),
  values: valuesIn(graph),
  inputs: listIn(graph, 'inputs').map(argumentOf),
  outputs: listIn(graph, 'outputs').map(argumentOf),
});

function heldBy(spec: Json): [string, string][] {
  for (const [kind, key] of [
    ['parameter', 'parameter_name'],
    ['buffer', 'buffer_name'],
    ['tensor_constant', 'tensor_constant_name'],
  ] as const) {
    const held = spec[kind];
    if (isJson(held)) return [[textIn(objectIn(held, 'arg'), 'name'), textIn(held, key)]];
  }
  return [];
}

export const isNamed = (value: Argument | undefined): value is Named =>
  typeof value === 'object' && value !== null && 'name' in value;

/** All tensors and symbolic sizes among arguments. */
export const namesIn = (values: readonly Argument[]): readonly string[] =>
  values.flatMap((value) => {
    if (Array.isArray(value)) return namesIn(value as readonly Argument[]);
    return isNamed(value) ? [value.name] : [];
  });

export const isInner = (value: Argument | undefined): value is Inner =>
  typeof value === 'object' && value !== null && 'graph' in value;

export function metaOf(meta: unknown): TensorMeta {
  const of = isJson(meta) ? meta : {};
  return { dtype: typeof of['dtype'] === 'number' ? of['dtype'] : 0, sizes: listIn(of, 'sizes').map(sizeOf) };
}

const sizeOf = (size: Json): number | string =>
  typeof size['as_int'] === 'number' ? size['as_int'] : textIn(objectIn(size, 'as_expr'), 'expr_str') || '?';

function callOf(node: Json): Call {
  const target = textIn(node, 'target')
    .replace(/^torch\.ops\./u, '')
    .replace(/^(\w+\.\w+)\.\w+$/u, '$1');
  return {
    target,
    arguments: new Map(
      listIn(node, 'inputs').map((input, at) => [
        textIn(input, 'name') || String(at),
        argumentOf(objectIn(input, 'arg')),
      ]),
    ),
    outputs: listIn(node, 'outputs').flatMap((output) => {
      const value = argumentOf(output);
      if (Array.isArray(value)) return value.flatMap((one: Argument) => (isNamed(one) ? [one.name] : ['']));
      return isNamed(value) ? [value.name] : [''];
    }),
    metadata: objectIn(node, 'metadata'),
  };
}

/** One of the tagged unions of torch's serialisation. */
function argumentOf(argument: Json): Argument {
  const [tag, value] = Object.entries(argument)[0] ?? ['as_none', null];
  switch (tag) {
    case 'as_tensor':
      return isJson(value) ? { name: textIn(value, 'name') } : null;
    case 'as_tensors':
      return Array.isArray(value) ? value.map((one) => (isJson(one) ? { name: textIn(one, 'name') } : null)) : null;
    case 'as_optional_tensor':
    case 'as_sym_int':
    case 'as_sym_float':
    case 'as_sym_bool':
      return isJson(value) ? symbolOf(value) : null;
    case 'as_optional_tensors':
    case 'as_sym_ints':
      return Array.isArray(value) ? value.map((one) => (isJson(one) ? symbolOf(one) : null)) : null;
    case 'as_graph':
      return isJson(value) ? { graph: () => graphOf(objectIn(value, 'graph')) } : null;
    case 'as_int':
    case 'as_float':
    case 'as_bool':
    case 'as_string':
    case 'as_scalar_type':
      return typeof value === 'number' || typeof value === 'string' || typeof value === 'boolean'
        ? numberOf(value)
        : null;
    case 'as_ints':
    case 'as_floats':
    case 'as_bools':
      return Array.isArray(value)
        ? value.map((one) =>
            typeof one === 'number' || typeof one === 'boolean' || typeof one === 'string' ? numberOf(one) : null,
          )
        : null;
    default:
      return null;
  }
}

/** JSON has no infinities, so they are written as text. */
function numberOf(value: number | string | boolean): Argument {
  if (value === 'Infinity' || value === 'inf') return Number.POSITIVE_INFINITY;
  if (value === '-Infinity' || value === '-inf') return Number.NEGATIVE_INFINITY;
  return value;
}

function symbolOf(value: Json): Argument {
  if (typeof value['as_int'] === 'number') return value['as_int'];
  if (typeof value['as_float'] === 'number') return value['as_float'];
  if (typeof value['as_name'] === 'string') return { name: value['as_name'] };
  const tensor = value['as_tensor'];
  return isJson(tensor) ? { name: textIn(tensor, 'name') } : null;
}
