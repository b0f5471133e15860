import { type Issue, Refusal } from './errors.ts';

/** Collects everything that is wrong with an input, so that a client hears it all at once. */
export class Findings {
  readonly #issues: Issue[] = [];

  /** Notes a finding unless `fine`. */
  expect(fine: boolean, code: string, field: readonly string[], message: string): void {
    if (!fine) this.#issues.push({ code, field, message });
  }

  /** A text that is to be stored: within its length, and such as Postgres can store. */
  expectText(
    value: string | null | undefined,
    limits: { min?: number; max: number },
    field: readonly string[],
  ): void {
    if (value === null || value === undefined) return;
    const { min = 0, max } = limits;
    const length = value.trim().length;
    this.expect(
      length >= min,
      'TOO_SHORT',
      field,
      `It needs at least ${min} character${min === 1 ? '' : 's'}.`,
    );
    this.expect(value.length <= max, 'TOO_LONG', field, `It may have at most ${max} characters.`);
    this.expect(isStorable(value), 'INVALID', field, notStorable);
  }

  /** A JSON object that is to be stored, `max` characters long at most as JSON.stringify writes it. */
  expectJson(value: unknown, max: number, field: readonly string[]): void {
    if (value === null || value === undefined) return;
    let storable = true;
    const text = JSON.stringify(value, (key, inner: unknown) => {
      storable &&= isStorable(key) && (typeof inner !== 'string' || isStorable(inner));
      return inner;
    });
    this.expect(
      text.length <= max,
      'TOO_LONG',
      field,
      `It may have at most ${max} characters as JSON.`,
    );
    this.expect(storable, 'INVALID', field, notStorable);
  }

  /** Throws the refusal if there is anything to refuse. */
  settle(): void {
    if (this.#issues.length > 0) throw new Refusal(this.#issues);
  }
}

/** Postgres stores no NUL, and UTF-8 has no half of a surrogate pair: text would lose it, jsonb refuses. */
const isStorable = (text: string): boolean => !text.includes('\0') && text.isWellFormed();
const notStorable = 'It may not contain a NUL character or half of a surrogate pair.';

/** What these errors mean wherever they occur; a feature adds its own beside them. */
export const commonErrorCodes = {
  INVALID: 'The value is not of the form that is asked for.',
  TOO_SHORT: 'The value is empty or too short.',
  TOO_LONG: 'The value is too long, or there are too many.',
  NOT_FOUND: 'There is nothing with this id that you can see.',
  ID_TAKEN: 'The id that you chose is in use.',
  EXTERNAL_REFERENCE_TAKEN: 'Another object has this external reference.',
} as const;
