import { randomUUID } from 'node:crypto';
import { CombinedGraphQLErrors } from '@apollo/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestServer, type TestServer } from '../support/server.ts';
import { connectApollo } from './apolloClient.ts';
import {
  CreateProductDocument,
  ProductsDocument,
  type ProductsQueryVariables,
  RefetchProductDocument,
  WhoAmIDocument,
} from './generated/operations.ts';

let server: TestServer;
let owner: string;
let viewer: string;

beforeAll(async () => {
  server = await startTestServer();
  [owner, viewer] = await Promise.all([
    server.tokenOf('owner@lumen.example'),
    server.tokenOf('viewer@lumen.example'),
  ]);
});
afterAll(() => server?.close());

const connect = (credential: string | null) => connectApollo(server.url, credential);
const newestFirst: ProductsQueryVariables = {
  first: 10,
  orderBy: { key: 'CREATED_AT', direction: 'DESC' },
};
/** A list on the screen: it has its first page when this resolves. */
async function showList(client: ReturnType<typeof connect>) {
  const list = client.watchQuery({ query: ProductsDocument, variables: newestFirst });
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const watching = list.subscribe((result) => {
    if (result.error) reject(result.error);
    else if (result.dataState === 'complete') resolve();
  });
  await promise;
  return {
    products: () => list.getCurrentResult().data?.products,
    fetchMore: (after: string | null) => list.fetchMore({ variables: { after } }),
    close: () => watching.unsubscribe(),
  };
}

const newProduct = (sku: string) => ({
  name: `Lamp ${sku}`,
  sku,
  price: { amount: '12.50', currencyCode: 'EUR' },
});

describe('Apollo Client', () => {
  test('knows who it is', async () => {
    const { data } = await connect(viewer).query({ query: WhoAmIDocument });
    expect(data?.viewer?.role).toBe('VIEWER');
    expect(data?.tenant?.slug).toBe('lumen');
  });

  test('pages through a list that its cache keeps whole', async () => {
    const list = await showList(connect(viewer));
    expect(list.products()?.edges).toHaveLength(10);
    await list.fetchMore(list.products()?.pageInfo?.endCursor ?? null);
    // The cache tells its watchers a moment later.
    await expect
      .poll(() => new Set(list.products()?.edges?.map((edge) => edge?.node?.id)).size)
      .toBe(20);
    expect(list.products()?.totalCount).toBe(200);
    list.close();
  });

  test('shows a new product in a list that is on the screen', async () => {
    const client = connect(owner);
    const list = await showList(client);
    const before = list.products()?.totalCount ?? 0;
    const { data } = await client.mutate({
      mutation: CreateProductDocument,
      variables: { input: newProduct('APOLLO-1') },
      refetchQueries: [ProductsDocument],
      awaitRefetchQueries: true,
    });
    expect(data?.productCreate?.userErrors).toEqual([]);
    expect(list.products()?.totalCount).toBe(before + 1);
    expect(list.products()?.edges?.[0]?.node).toMatchObject({
      id: data?.productCreate?.product?.id,
      sku: 'APOLLO-1',
    });
    list.close();
  });

  test('refetches one object by its id, and every list that shows it follows', async () => {
    const client = connect(owner);
    const input = { ...newProduct('APOLLO-2'), id: randomUUID() };
    const made = await client.mutate({ mutation: CreateProductDocument, variables: { input } });
    const id = made.data?.productCreate?.product?.id ?? '';
    const list = await showList(client);
    expect(list.products()?.edges?.[0]?.node).toMatchObject({ id, name: input.name });
    const renameElsewhere =
      'mutation ($id: ID!) { productUpdate(input: { id: $id, name: "Renamed" }) { userErrors { code } } }';
    await server.ask(owner, renameElsewhere, { id });
    const { data } = await client.query({
      query: RefetchProductDocument,
      variables: { id },
      fetchPolicy: 'network-only',
    });
    expect(data?.node).toMatchObject({ __typename: 'Product', id, price: { amount: '12.50' } });
    await expect
      .poll(() => list.products()?.edges?.[0]?.node)
      .toMatchObject({ id, name: 'Renamed' });
    list.close();
  });

  test('gets a refusal that a person can mend as data, with its place in the input', async () => {
    const client = connect(owner);
    const create = () =>
      client.mutate({
        mutation: CreateProductDocument,
        variables: { input: newProduct('APOLLO-3') },
      });
    await create();
    const { data } = await create();
    expect(data?.productCreate).toMatchObject({
      product: null,
      userErrors: [{ code: 'SKU_TAKEN', field: ['input', 'sku'], message: expect.any(String) }],
    });
  });

  test('gets what is not allowed as an error with code, reason and request id', async () => {
    const refused = connect(viewer).mutate({
      mutation: CreateProductDocument,
      variables: { input: newProduct('APOLLO-4') },
    });
    const error = await refused.catch((thrown: unknown) => thrown);
    expect(CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions).toMatchObject({
      code: 'FORBIDDEN',
      permission: 'products:write',
      reason: 'ROLE',
      requestId: expect.any(String),
    });
  });

  test('gets a missing or false credential as an error of the same shape', async () => {
    for (const credential of [null, 'tnt_unknown']) {
      const error = await connect(credential)
        .query({ query: WhoAmIDocument })
        .catch((thrown: unknown) => thrown);
      expect(CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions).toMatchObject({
        code: 'UNAUTHENTICATED',
        requestId: expect.any(String),
      });
    }
  });
});
