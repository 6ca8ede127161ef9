import type { Place } from './budget.ts';

/** A JSON value that knows where it stands in its text, so that a sentence about it can be shown there. */
export type JsonNode = Place &
  (
    | { readonly kind: 'object'; readonly entries: readonly JsonEntry[] }
    | { readonly kind: 'array'; readonly items: readonly JsonNode[] }
    | { readonly kind: 'value'; readonly value: string | number | boolean | null }
  );

export interface JsonEntry {
  readonly key: Place & { readonly name: string };
  readonly value: JsonNode;
}

export class JsonMistake extends Error {
  override readonly name = 'JsonMistake';
  readonly place: Place;

  constructor(message: string, place: Place) {
    super(message);
    this.place = place;
  }
}

const deepest = 100;

/** Reads JSON with comments and trailing commas, as VS Code's own settings are written. Throws a JsonMistake at the first place that is neither. */
export function jsonTree(text: string): JsonNode {
  const reader = new Reader(text);
  const node = reader.value(0);
  reader.end();
  return node;
}

const space = /(?:\s|\/\/[^\n]*|\/\*[^]*?\*\/)*/y;
const token = /"(?:[^"\\\n]|\\.)*"|-?\d[\d.eE+-]*|[a-z]+|[{}[\],:]|[^]/y;

class Reader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    // A byte order mark is no mistake of the user's.
    this.#text = text.replace(/^\uFEFF/, ' ');
  }

  value(depth: number): JsonNode {
    const start = this.#peek();
    if (depth > deepest) throw new JsonMistake('nested too deep', start);
    if (start.text === '{') return this.#object(depth);
    if (start.text === '[') return this.#array(depth);
    this.#take();
    const { offset, length } = start;
    return { kind: 'value', value: this.#literal(start), offset, length };
  }

  end(): void {
    const rest = this.#peek();
    if (rest.text !== '') throw new JsonMistake(`nothing may follow the closing brace`, rest);
  }

  #object(depth: number): JsonNode {
    const { offset } = this.#take();
    const entries: JsonEntry[] = [];
    this.#list('}', () => {
      const key = this.#take();
      const name = key.text.startsWith('"') ? this.#literal(key) : undefined;
      if (typeof name !== 'string') throw new JsonMistake('a name in double quotes is expected here', key);
      const colon = this.#take();
      if (colon.text !== ':') throw new JsonMistake(`a colon is expected after "${name}"`, colon);
      const { offset: at, length } = key;
      entries.push({ key: { name, offset: at, length }, value: this.value(depth + 1) });
    });
    return { kind: 'object', entries, offset, length: this.#at - offset };
  }

  #array(depth: number): JsonNode {
    const { offset } = this.#take();
    const items: JsonNode[] = [];
    this.#list(']', () => items.push(this.value(depth + 1)));
    return { kind: 'array', items, offset, length: this.#at - offset };
  }

  #list(close: '}' | ']', item: () => unknown): void {
    while (this.#peek().text !== close) {
      item();
      const next = this.#peek();
      if (next.text === ',') this.#take();
      else if (next.text !== close) throw new JsonMistake(`a comma or ${close} is expected here`, next);
    }
    this.#take();
  }

  #literal(at: Token): string | number | boolean | null {
    try {
      const value = JSON.parse(at.text) as unknown;
      if (value === null || typeof value !== 'object') return value as string | number | boolean | null;
    } catch {
      // What it is not is said below, in our own words.
    }
    const what = at.text === '' ? 'the file ends too early' : `${JSON.stringify(at.text)} is no JSON value`;
    throw new JsonMistake(what, at);
  }

  #take(): Token {
    const taken = this.#peek();
    this.#at = taken.offset + taken.length;
    return taken;
  }

  #peek(): Token {
    space.lastIndex = this.#at;
    const offset = this.#at + (space.exec(this.#text)?.[0].length ?? 0);
    token.lastIndex = offset;
    const text = token.exec(this.#text)?.[0] ?? '';
    return { text, offset, length: text.length };
  }
}

type Token = Place & { readonly text: string };
