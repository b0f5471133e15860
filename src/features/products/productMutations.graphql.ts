import { builder } from '../../graphql/builder.ts';
import { MoneyInput } from '../../graphql/money.ts';
import { type Settled, settle, userErrorType } from '../../graphql/userErrors.ts';
import { productErrorCodes } from './productErrors.ts';
import { ProductConditionType, ProductStatusType } from './productParts.graphql.ts';
import { ProductType } from './products.graphql.ts';
import type { Product } from './products.queries.ts';
import { archiveProduct, changeProduct, createProduct } from './products.ts';

const ProductImageInput = builder.inputType('ProductImageInput', {
  description: 'A picture of a product.',
  fields: (t) => ({
    url: t.string({ required: true, description: 'Its http or https address.' }),
    alt: t.string({ description: 'What it shows, in words.' }),
  }),
});

const ProductUserError = userErrorType('Product', productErrorCodes);

type Inputs = Parameters<Parameters<typeof builder.inputType>[1]['fields']>[0];

/** What creating and updating have in common: in an update, what is left out stays as it is. */
const commonInputs = (t: Inputs) => ({
  description: t.string({ description: 'Plain text, up to 65,535 characters.' }),
  sku: t.string({ description: 'Stock-keeping unit, unique in the business.' }),
  category: t.string({ description: 'Such as "Lamps".' }),
  condition: t.field({ type: ProductConditionType, description: 'NEW when left out.' }),
  location: t.string({ description: 'Where it is kept.' }),
  stock: t.int({ description: 'Pieces that can be sold; null: nobody counts them.' }),
  status: t.field({ type: ProductStatusType, description: 'ACTIVE when left out.' }),
  tags: t.stringList({ description: 'Words to find and group it by, at most 250.' }),
  images: t.field({ type: [ProductImageInput], description: 'Pictures, the main one first.' }),
  metadata: t.field({ type: 'JSONObject', description: 'Your own data, up to 64 KiB.' }),
  externalReference: t.string({
    description: 'Its id in another system, unique in the business.',
  }),
});

const payload = {
  description: 'The product as it is now, or why nothing was changed.',
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
    resolve: (_parent, { input }, context): Promise<Settled<Product>> =>
      settle(context, (tx) => createProduct(tx, context.actor, input)),
  },
  {
    ...payload,
    outputFields: (t) => ({
      product: t.field({
        type: ProductType,
        nullable: true,
        description: 'The product; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [ProductUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
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
    resolve: (_parent, { input: { id, ...fields } }, context): Promise<Settled<Product>> =>
      settle(context, (tx) => changeProduct(tx, context.actor, id.id, fields)),
  },
  {
    ...payload,
    outputFields: (t) => ({
      product: t.field({
        type: ProductType,
        nullable: true,
        description: 'The product; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [ProductUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
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
    resolve: (_parent, { input }, context): Promise<Settled<Product>> =>
      settle(context, (tx) => archiveProduct(tx, context.actor, input.id.id)),
  },
  {
    ...payload,
    outputFields: (t) => ({
      product: t.field({
        type: ProductType,
        nullable: true,
        description: 'The product; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [ProductUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
