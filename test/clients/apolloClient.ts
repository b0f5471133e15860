import { ApolloClient, HttpLink, InMemoryCache } from '@apollo/client';
import { relayStylePagination } from '@apollo/client/utilities';

/**
 * Apollo Client as a frontend would set it up. Every object with an id is kept once, under its type
 * and id, which is Apollo's default and fits: ids are unique over all types. Lists are kept whole
 * however they were paged; what changes their rows or order makes another list.
 */
export function connectApollo(url: string, credential: string | null) {
  return new ApolloClient({
    link: new HttpLink({
      uri: `${url}/graphql`,
      headers: credential === null ? {} : { Authorization: `Bearer ${credential}` },
    }),
    cache: new InMemoryCache({
      typePolicies: {
        Query: {
          fields: {
            products: relayStylePagination(['filter', 'search', 'orderBy']),
          },
        },
        // The same business seen by another person has another role: part of its viewer.
        Membership: { keyFields: false },
      },
    }),
  });
}
