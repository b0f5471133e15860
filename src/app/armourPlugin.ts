import { GraphQLError, Source } from 'graphql';
import type { Plugin } from 'graphql-yoga';
import { refuseShape } from '../graphql/armour/shapeLimits.ts';
import { refuseText } from '../graphql/armour/textLimits.ts';
import type { PublicError } from '../lib/errors.ts';

/**
 * Refuses documents that are made to keep the server busy: by their text before they are parsed, by
 * their shape before they are validated.
 */
export const armourPlugin: Plugin = {
  onParse({ params: { source } }) {
    const refusal = refuseText(source instanceof Source ? source.body : `${source}`);
    if (refusal !== null) throw toGraphQLError(refusal);
    // Not onValidate: by then Yoga's cache has the document, and dense ones take 90 bytes a character.
    return ({ result }) => {
      if (result === null || result instanceof Error) return;
      const misshapen = refuseShape(result);
      if (misshapen !== null) throw toGraphQLError(misshapen);
    };
  },
};

const toGraphQLError = (refusal: PublicError): GraphQLError =>
  new GraphQLError(refusal.message, { originalError: refusal });
