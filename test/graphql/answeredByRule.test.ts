import { getOperationAST, parse } from 'graphql';
import { expect, test } from 'vitest';
import { buildSchema } from '../../src/app/schema.ts';
import { answeredByRule } from '../../src/graphql/answeredByRule.ts';

const schema = buildSchema();

function isAnswered(text: string): boolean {
  const document = parse(text);
  const operation = getOperationAST(document);
  if (operation == null) throw new Error('no operation');
  return answeredByRule(schema, document, operation);
}

const create = (payload: string, rest = '') =>
  `mutation ($input: ProductCreateInput!) { productCreate(input: $input) ${payload} } ${rest}`;

test.each([
  create('{ __typename userErrors { code field message } }'),
  create('{ product { id name price { amount currencyCode } images { url } createdAt } }'),
  create('{ product { variants { price { amount } compareAtPrice { amount } } } }'),
  create(
    '{ ...P }',
    'fragment P on ProductCreatePayload { product { ... on Product { id } ... { sku } } }',
  ),
  create('{ product { id @include(if: true) } }').replace('productCreate', 'made: productCreate'),
])('is told from the row: %s', (text) => {
  expect(isAnswered(text)).toBe(true);
});

test.each([
  ['an alias', create('{ product { id other: id } }')],
  ['an interface', create('{ product { ... on Node { id } } }')],
  [
    'two fields',
    create('{ userErrors { code } }').replace(
      /\} *$/,
      'again: productArchive(input: { id: "x" }) { userErrors { code } } }',
    ),
  ],
  [
    'a fragment at the root',
    'mutation { ...M } fragment M on Mutation { productArchive(input: { id: "x" }) { userErrors { code } } }',
  ],
  [
    'rows of another table',
    'mutation ($input: MessageSendInput!) { messageSend(input: $input) { message { author { member { id } } } } }',
  ],
  [
    'a list with arguments',
    'mutation ($input: ConversationCloseInput!) { conversationClose(input: $input) { conversation { messages(first: 1) { nodes { id } } } } }',
  ],
])('is not: %s', (_what, text) => {
  expect(isAnswered(text)).toBe(false);
});
