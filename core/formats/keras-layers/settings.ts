import { UserError } from '../../sentence.ts';
import { isObject, type Json, type JsonObject } from '../json.ts';
import { quoted } from '../wording.ts';

export { isObject, type Json, type JsonObject };

const largest = 2 ** 31;

/** The configuration of one layer. What it should say and does not is one sentence that names the layer. */
export class Settings {
  readonly values: JsonObject;
  readonly where: string;

  constructor(values: JsonObject, where: string) {
    this.values = values;
    this.where = where;
  }

  wrong(name: string, expected: string): UserError {
    return new UserError(
      `${this.where} states ${quoted(name)} as ${quoted(shown(this.values[name]))}, where ${expected} should be.`,
    );
  }

  has(name: string): boolean {
    return this.values[name] !== undefined && this.values[name] !== null;
  }

  number(name: string, otherwise: number): number {
    const value = this.values[name];
    if (value === undefined || value === null) return otherwise;
    if (typeof value === 'number' && Number.isFinite(value)) return value;
    throw this.wrong(name, 'a number');
  }

  /** A whole number of at least 0. */
  count(name: string, otherwise?: number): number {
    const value = this.values[name] ?? otherwise;
    if (typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < largest) return value;
    throw this.wrong(name, 'a whole number');
  }

  flag(name: string, otherwise: boolean): boolean {
    const value = this.values[name];
    return typeof value === 'boolean' ? value : otherwise;
  }

  text(name: string, otherwise: string): string {
    const value = this.values[name];
    return typeof value === 'string' ? value : otherwise;
  }

  list(name: string): readonly Json[] | undefined {
    const value = this.values[name];
    return Array.isArray(value) ? value : undefined;
  }

  /** One whole number for every axis, or one for all. */
  perAxis(name: string, axes: number, otherwise: number): readonly number[] {
    const value = this.values[name] ?? otherwise;
    const list = Array.isArray(value) ? (value as readonly Json[]) : Array.from({ length: axes }, () => value);
    const numbers = list.filter((size): size is number => isCount(size));
    if (numbers.length === list.length && list.length === axes) return numbers;
    throw this.wrong(name, axes === 1 ? 'a whole number' : `${axes} whole numbers`);
  }

  /** Whole numbers, negative ones included: axes, shapes. */
  integers(name: string): readonly number[] | undefined {
    const value = this.values[name];
    if (value === undefined || value === null) return undefined;
    const list = Array.isArray(value) ? (value as readonly Json[]) : [value];
    const numbers = list.filter((size): size is number => Number.isInteger(size) && Math.abs(size as number) < largest);
    if (numbers.length === list.length) return numbers;
    throw this.wrong(name, 'whole numbers');
  }

  object(name: string): JsonObject | undefined {
    const value = this.values[name];
    return isObject(value) ? value : undefined;
  }
}

const isCount = (value: Json): boolean =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value < largest;

const shown = (value: Json | undefined): string => (value === undefined ? 'nothing' : JSON.stringify(value));
