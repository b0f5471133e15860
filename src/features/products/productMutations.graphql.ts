import { builder } from '../../graphql/builder.ts';
import { computed } from '../../graphql/lookAhead.ts';
import { MoneyInput } from '../../graphql/money.ts';
import { type Settled, settle } from '../../graphql/userErrors.ts';
import {
  commonInputs,
  type Inputs,
  ProductUserError,
  readVariants,
} from './productInputs.graphql.ts';
import { ProductType } from './products.graphql.ts';
import type { Product } from './products.queries.ts';
import { archiveProduct, changeProduct, createProduct } from './products.ts';

type Types = typeof builder.$inferSchemaTypes;
type Outputs = PothosSchemaTypes.ObjectFieldBuilder<Types, Settled<Product>>;

const payload = {
  description: 'The product as it is now, or why nothing was changed.',
  outputFields: (t: Outputs) => ({
    product: t.field({
      type: ProductType,
      nullable: true,
      description: 'The product; null when nothing was changed.',
      extensions: computed(),
      resolve: ({ value }) => value,
    }),
    userErrors: t.field({
      type: [ProductUserError],
      description: 'Why nothing was changed.',
      extensions: computed(),
      resolve: ({ userErrors }) => [...userErrors],
    }),
  }),
};

builder.relayMutationField(
  'productCreate',
  {
    description: 'A new product.',
    inputFields: (t) => ({
      ...commonInputs(t as unknown as Inputs),
      id: t.field({
        type: 'UUID',
        description: 'Your own id for it, so that a repeated call makes no second one.',
      }),
      name: t.string({ required: true, description: 'What it is called, up to 255 characters.' }),
      price: t.field({ type: MoneyInput, required: true, description: 'What it costs.' }),
    }),
  },
  {
    access: 'products:write',
    description: 'Adds a product to the catalogue.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) =>
        createProduct(tx, context.actor, readVariants(input), context.services.quotaLeases),
      ),
  },
  payload,
);

builder.relayMutationField(
  'productUpdate',
  {
    description: 'What to change; what is left out stays as it is.',
    inputFields: (t) => ({
      ...commonInputs(t as unknown as Inputs),
      id: t.globalID({ for: ProductType, required: true, description: 'Which product.' }),
      name: t.string({ description: 'What it is called, up to 255 characters.' }),
      price: t.field({ type: MoneyInput, description: 'What it costs.' }),
    }),
  },
  {
    access: 'products:write',
    description: 'Changes the fields that are given.',
    resolve: (_parent, { input: { id, ...fields } }, context) =>
      settle(context, (tx) => changeProduct(tx, context.actor, id.id, readVariants(fields))),
  },
  payload,
);

builder.relayMutationField(
  'productArchive',
  {
    description: 'Which product.',
    inputFields: (t) => ({
      id: t.globalID({ for: ProductType, required: true, description: 'Which product.' }),
    }),
  },
  {
    access: 'products:write',
    description: 'Takes a product out of sale; it stays readable. Twice is once.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => archiveProduct(tx, context.actor, input.id.id)),
  },
  payload,
);
