import { GraphQLError, Lexer, Source, TokenKind } from 'graphql';
import { PublicError } from '../../lib/errors.ts';

/** The longest operation of ours has 700 tokens, introspection 300. */
const mostTokens = 10_000;
/** graphql-js recurses over a document and ends in "Maximum call stack size exceeded" at some 2 000. */
const deepestNesting = 100;
/** What is long travels in variables. A megabyte of blanks or of one text took 30 ms to read. */
const mostCharacters = 200_000;
/** No shorter text can break either limit by much, so that what is usual is not read twice. */
const unsuspicious = 1_000;

const opening: ReadonlySet<string> = new Set([
  TokenKind.BRACE_L,
  TokenKind.BRACKET_L,
  TokenKind.PAREN_L,
]);
const closing: ReadonlySet<string> = new Set([
  TokenKind.BRACE_R,
  TokenKind.BRACKET_R,
  TokenKind.PAREN_R,
]);

/** Why a document is not even parsed; null: it may be. What is no GraphQL is the parser's to refuse. */
export function refuseText(text: string): PublicError | null {
  if (text.length <= unsuspicious) return null;
  if (text.length > mostCharacters) {
    return new PublicError(
      'BAD_REQUEST',
      `The operation has more than ${mostCharacters} characters; give what is long as variables.`,
    );
  }
  const lexer = new Lexer(new Source(text));
  let depth = 0;
  try {
    for (let tokens = 1; ; tokens += 1) {
      const { kind } = lexer.advance();
      if (kind === TokenKind.EOF) return null;
      if (opening.has(kind)) depth += 1;
      else if (closing.has(kind)) depth -= 1;
      if (depth > deepestNesting) {
        return new PublicError(
          'BAD_REQUEST',
          `The operation nests deeper than ${deepestNesting} levels.`,
        );
      }
      if (tokens > mostTokens) {
        return new PublicError('BAD_REQUEST', `The operation has more than ${mostTokens} tokens.`);
      }
    }
  } catch (error) {
    if (error instanceof GraphQLError) return null;
    throw error;
  }
}
