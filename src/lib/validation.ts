import { type Issue, Refusal } from './errors.ts';

/** Collects everything that is wrong with an input, so that a client hears it all at once. */
export class Findings {
  readonly #issues: Issue[] = [];

  /** Notes a finding unless `fine`. */
  expect(fine: boolean, code: string, field: readonly string[], message: string): void {
    if (!fine) this.#issues.push({ code, field, message });
  }

  /** A text that is to be stored: within its length, no NUL (Postgres cannot store one). */
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
    this.expect(!value.includes('\0'), 'INVALID', field, 'It may not contain a NUL character.');
  }

  expectUrl(value: string | null | undefined, field: readonly string[]): void {
    if (value === null || value === undefined) return;
    const fine = URL.canParse(value) && ['http:', 'https:'].includes(new URL(value).protocol);
    this.expect(
      fine && value.length <= 2048,
      'INVALID',
      field,
      'It must be an http or https address.',
    );
  }

  /** A JSON object that is to be stored. */
  expectJson(value: unknown, maxBytes: number, field: readonly string[]): void {
    if (value === null || value === undefined) return;
    const text = JSON.stringify(value);
    this.expect(
      text.length <= maxBytes,
      'TOO_LONG',
      field,
      `It may have at most ${maxBytes} bytes as JSON.`,
    );
    this.expect(!text.includes('\\u0000'), 'INVALID', field, 'It may not contain a NUL character.');
  }

  /** Throws the refusal if there is anything to refuse. */
  settle(): void {
    if (this.#issues.length > 0) throw new Refusal(this.#issues);
  }
}

/** What these errors mean wherever they occur; a feature adds its own beside them. */
export const commonErrorCodes = {
  INVALID: 'The value is not of the form that is asked for.',
  TOO_SHORT: 'The value is empty or too short.',
  TOO_LONG: 'The value is too long, or there are too many.',
  NOT_FOUND: 'There is nothing with this id that you can see.',
  ID_TAKEN: 'The id that you chose is in use.',
  EXTERNAL_REFERENCE_TAKEN: 'Another object has this external reference.',
} as const;
