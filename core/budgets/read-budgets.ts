import { norms } from '../bound.ts';
import type { Budget, BudgetFile, BudgetQuestion, Limit, Place, Problem, Strictness } from './budget.ts';
import { jsonTree, JsonMistake, type JsonEntry, type JsonNode } from './json-tree.ts';

/** What a text says, and what of it cannot be understood. Budgets without a mistake of their own stand whatever is wrong elsewhere. */
export interface BudgetsRead {
  readonly file: BudgetFile;
  readonly problems: readonly Problem[];
}

const defaultSeconds = 10;

/** Reads a lipschitz.json; comments and trailing commas are welcome. Never throws: an editor asks at every keystroke. */
export function readBudgets(text: string): BudgetsRead {
  let root: JsonNode;
  try {
    root = jsonTree(text);
  } catch (error) {
    if (!(error instanceof JsonMistake)) throw error;
    const { message, place } = error;
    return {
      file: { seconds: defaultSeconds, budgets: [] },
      problems: [{ message: `This is not valid JSON: ${message}.`, place }],
    };
  }
  const problems: Problem[] = [];
  const file = new Fields(root, 'lipschitz.json', problems);
  file.allowOnly(['$schema', 'seconds', 'budgets']);
  const seconds = file.number('seconds', 'above 0') ?? defaultSeconds;
  const list = file.node('budgets');
  if (list?.kind !== 'array') {
    file.complain('needs "budgets": a list with an entry for each limit', list);
    return { file: { seconds, budgets: [] }, problems };
  }
  const budgets = list.items.flatMap((entry, index) => {
    const before = problems.length;
    const budget = readBudget(new Fields(entry, `Budget ${index + 1}`, problems));
    return budget === undefined || problems.length > before ? [] : [budget];
  });
  return { file: { seconds, budgets }, problems };
}

function readBudget(fields: Fields): Budget | undefined {
  if (!fields.isObject()) return undefined;
  fields.allowOnly([
    ...['model', 'max', 'layers', 'epsilon', 'maxSmoothness'],
    ...['norm', 'region', 'input', 'output', 'set', 'dims', 'why', 'fails'],
  ]);
  const models = fields.texts('model');
  if (models === undefined) {
    fields.complain('needs "model": a path or pattern, or a list of them', fields.node('model'));
    return undefined;
  }
  const limit = readLimit(fields);
  const question = readQuestion(fields);
  const why = fields.text('why');
  const fails = fields.oneOf<Strictness>('fails', ['unless-proved', 'when-exceeded']) ?? 'unless-proved';
  if (limit === undefined) return undefined;
  if (limit.kind === 'smoothed' && question.norm !== 'l2')
    fields.complain('smooths the network, which is bounded in l2 only: leave out "norm"', fields.node('norm'));
  return {
    models: models.map((path) => path.replace(/^\.\//, '')),
    limit,
    question,
    ...(why === undefined ? {} : { why }),
    fails,
    place: fields.place,
    modelsPlace: placeOf(fields.node('model')!),
  };
}

function readLimit(fields: Fields): Limit | undefined {
  const max = fields.number('max', 'at least 0');
  const names = fields.texts('layers');
  const epsilon = fields.number('epsilon', 'above 0');
  const maxSmoothness = fields.number('maxSmoothness', 'at least 0');
  if (epsilon !== undefined) {
    if (names !== undefined)
      fields.complain('has both "layers" and "epsilon": write two budgets', fields.node('layers'));
    if (max !== undefined || maxSmoothness !== undefined)
      return {
        kind: 'smoothed',
        epsilon,
        ...(max === undefined ? {} : { max }),
        ...(maxSmoothness === undefined ? {} : { maxSmoothness }),
      };
    fields.complain('needs "max" or "maxSmoothness": the limit for the smoothed network');
    return undefined;
  }
  if (maxSmoothness !== undefined)
    fields.complain(
      'needs "epsilon" beside "maxSmoothness": how far smoothing may move the output',
      fields.node('maxSmoothness'),
    );
  if (max !== undefined) return names === undefined ? { kind: 'network', max } : { kind: 'layers', names, max };
  if (fields.node('max') === undefined) fields.complain('needs "max": the limit');
  return undefined;
}

function readQuestion(fields: Fields): BudgetQuestion {
  const input = fields.text('input');
  const output = fields.text('output');
  const region = fields.text('region') ?? 'all';
  if (!/^(all$|box:.|ball:(l1|l2|linf):.)/.test(region))
    fields.complain(
      `has the region "${region}": write all, box:LO,HI, box:POINT:RADIUS or ball:l1|l2|linf:POINT:RADIUS`,
      fields.node('region'),
    );
  return {
    norm: fields.oneOf('norm', norms) ?? 'l2',
    region,
    ...(input === undefined ? {} : { input }),
    ...(output === undefined ? {} : { output }),
    set: fields.map('set', 'text', (value): value is string => typeof value === 'string'),
    dims: fields.map(
      'dims',
      'a whole number of at least 1',
      (value): value is number => typeof value === 'number' && Number.isInteger(value) && value >= 1,
    ),
  };
}

const placeOf = ({ offset, length }: Place): Place => ({ offset, length });

/** The fields of one object of the file; whatever is wrong with one becomes a sentence that names the object. */
class Fields {
  readonly #node: JsonNode;
  readonly #name: string;
  readonly #problems: Problem[];

  constructor(node: JsonNode, name: string, problems: Problem[]) {
    this.#node = node;
    this.#name = name;
    this.#problems = problems;
  }

  get place(): Place {
    return placeOf(this.#node);
  }

  complain(what: string, at: Place = this.#node): void {
    this.#problems.push({ message: `${this.#name} ${what}.`, place: placeOf(at) });
  }

  isObject(): boolean {
    if (this.#node.kind !== 'object') this.complain('has to be an object in braces');
    return this.#node.kind === 'object';
  }

  /** A misspelt limit would be no limit at all. */
  allowOnly(names: readonly string[]): void {
    for (const { key } of this.#entries())
      if (!names.includes(key.name))
        this.complain(`has "${key.name}", which means nothing here: the fields are ${names.join(', ')}`, key);
  }

  /** Of a name that stands twice the last counts, as everywhere in JSON. */
  node(name: string): JsonNode | undefined {
    return this.#entries().findLast(({ key }) => key.name === name)?.value;
  }

  text(name: string): string | undefined {
    return this.#value(name, 'a text in quotes', isText);
  }

  oneOf<T extends string>(name: string, allowed: readonly T[]): T | undefined {
    return this.#value(name, `one of ${allowed.join(', ')}`, (value): value is T =>
      allowed.some((one) => one === value),
    );
  }

  number(name: string, range: 'at least 0' | 'above 0'): number | undefined {
    return this.#value(
      name,
      `a number ${range}`,
      (value): value is number =>
        typeof value === 'number' && Number.isFinite(value) && (range === 'above 0' ? value > 0 : value >= 0),
    );
  }

  /** One text or a list of some. */
  texts(name: string): readonly string[] | undefined {
    const node = this.node(name);
    if (node?.kind !== 'array') {
      const one = this.#value(name, 'a text in quotes or a list of some', isText);
      return one === undefined ? undefined : [one];
    }
    const values = node.items.map(valueOf);
    if (values.length > 0 && values.every(isText)) return values;
    this.complain(`has "${name}", which has to be a text in quotes or a list of some`, node);
    return undefined;
  }

  map<T>(name: string, kind: string, fits: (value: unknown) => value is T): Readonly<Record<string, T>> {
    const node = this.node(name);
    if (node === undefined) return {};
    if (node.kind === 'object') {
      const entries = node.entries.map(({ key, value }): [string, unknown] => [key.name, valueOf(value)]);
      if (entries.every((entry): entry is [string, T] => fits(entry[1]))) return Object.fromEntries(entries);
    }
    this.complain(`has "${name}", which has to give each name ${kind}`, node);
    return {};
  }

  #value<T>(name: string, kind: string, fits: (value: unknown) => value is T): T | undefined {
    const node = this.node(name);
    if (node === undefined) return undefined;
    const value = valueOf(node);
    if (fits(value)) return value;
    this.complain(`has "${name}", which has to be ${kind}`, node);
    return undefined;
  }

  #entries(): readonly JsonEntry[] {
    return this.#node.kind === 'object' ? this.#node.entries : [];
  }
}

const valueOf = (node: JsonNode): unknown => (node.kind === 'value' ? node.value : undefined);

const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
