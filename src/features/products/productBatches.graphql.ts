import { builder } from '../../graphql/builder.ts';
import type { OperationContext } from '../../graphql/context.ts';
import { MoneyInput } from '../../graphql/money.ts';
import { type Settled, settle } from '../../graphql/userErrors.ts';
import { type BulkUpsert, bulkUpsert } from './bulkUpsert.ts';
import type { ImportProblem, ImportReport } from './importProducts.ts';
import { importSource } from './importSource.ts';
import {
  commonInputs,
  type Inputs,
  ProductUserError,
  readVariants,
} from './productInputs.graphql.ts';
import { ProductType } from './products.graphql.ts';
import { batchSize } from './upsertProducts.ts';

const ProductUpsertInput = builder.inputType('ProductUpsertInput', {
  description: 'A product by external reference; of one that is there, what is left out stays.',
  fields: (t) => ({
    ...commonInputs(t as unknown as Inputs),
    externalReference: t.string({
      required: true,
      description: 'Its id in another system: which product is meant.',
    }),
    name: t.string({ required: true, description: 'What it is called, up to 255 characters.' }),
    price: t.field({ type: MoneyInput, required: true, description: 'What it costs.' }),
  }),
});

builder.relayMutationField(
  'productBulkUpsert',
  {
    description: 'The products.',
    inputFields: (t) => ({
      products: t.field({
        type: [ProductUpsertInput],
        required: true,
        description: 'At most 500, each external reference once.',
      }),
    }),
  },
  {
    access: 'products:write',
    cost: { each: 2, sizedBy: ['input.products'] },
    description: 'Adds or changes up to 500 products by external reference: all of them or none.',
    resolve: (_parent, { input }, context): Promise<Settled<BulkUpsert>> =>
      settle(context, (tx) => bulkUpsert(tx, context.actor, input.products.map(readVariants))),
  },
  {
    description: 'The products as they are now, or why nothing was changed.',
    outputFields: (t) => ({
      products: t.field({
        type: [ProductType],
        cost: { otherwise: batchSize },
        description: 'In the order in which they were given; empty when nothing was changed.',
        resolve: ({ value }) => value?.products ?? [],
      }),
      created: t.int({
        description: 'How many were added.',
        resolve: ({ value }) => value?.created ?? 0,
      }),
      updated: t.int({
        description: 'How many were changed.',
        resolve: ({ value }) => value?.updated ?? 0,
      }),
      unchanged: t.int({
        description: 'How many were as they should be already.',
        resolve: ({ value }) => value?.unchanged ?? 0,
      }),
      userErrors: t.field({
        type: [ProductUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

const ProductImportSource = builder.inputType('ProductImportSource', {
  isOneOf: true,
  description: 'Where the file comes from.',
  fields: (t) => ({
    content: t.string({ description: 'The file itself, as text.' }),
    file: t.field({
      type: 'File',
      description: 'A file of a multipart request, for what is too large for a JSON one.',
    }),
  }),
});

const ProductImportFormat = builder.enumType('ProductImportFormat', {
  description: 'How a catalogue file is written.',
  values: {
    SHOPIFY_CSV: { description: "Shopify's product CSV." },
    JSONL: { description: 'One JSON object a line, one product each.' },
  } as const,
});

const ProductImportOnError = builder.enumType('ProductImportOnError', {
  description: 'What becomes of a file with problems.',
  values: {
    SKIP: { description: 'Products with problems are left out, the others imported.' },
    ABORT: { description: 'Nothing is imported.' },
  } as const,
});

const ProductImportProblem = builder.objectRef<ImportProblem>('ProductImportProblem').implement({
  description: 'Why a product of the file was not imported.',
  fields: (t) => ({
    line: t.exposeInt('row', { description: 'The line in the file, from 1.' }),
    column: t.exposeString('column', {
      nullable: true,
      description: 'The column or JSON path; null: the whole record.',
    }),
    code: t.exposeString('code', { description: 'Stable, for programs.' }),
    message: t.exposeString('message', { description: 'What to change, for people.' }),
    externalReference: t.exposeString('externalReference', {
      nullable: true,
      description: 'The product, where the record names it.',
    }),
  }),
});

const ProductImportReport = builder.objectRef<ImportReport>('ProductImportReport').implement({
  description: 'What an import came to.',
  fields: (t) => ({
    rows: t.exposeInt('rows', { description: 'Products in the file.' }),
    created: t.exposeInt('created', { description: 'How many were added.' }),
    updated: t.exposeInt('updated', { description: 'How many were changed.' }),
    unchanged: t.exposeInt('unchanged', { description: 'How many were the same already.' }),
    failed: t.exposeInt('failed', { description: 'How many were left out.' }),
    problemCount: t.exposeInt('problemCount', { description: 'How many problems there are.' }),
    problems: t.field({
      type: [ProductImportProblem],
      description: 'The first 1,000 of them, in the order in which they were found.',
      resolve: ({ problems }) => problems,
    }),
  }),
});

builder.relayMutationField(
  'productImport',
  {
    description: 'The file and how to read it.',
    inputFields: (t) => ({
      source: t.field({ type: ProductImportSource, required: true, description: 'The file.' }),
      format: t.field({
        type: ProductImportFormat,
        description: 'How it is written; told by its beginning when left out.',
      }),
      onError: t.field({
        type: ProductImportOnError,
        required: true,
        defaultValue: 'ABORT',
        description: 'What becomes of a file with problems.',
      }),
      currency: t.field({
        type: 'CurrencyCode',
        description: "For prices without one, which in Shopify's CSV is all of them.",
      }),
    }),
  },
  {
    access: 'products:write',
    rateLimit: { limit: 60, window: 60, per: 'TENANT' },
    // As much as 250 products of a bulk; what a larger file takes is bounded by UPLOAD_MAX_BYTES.
    cost: { complexity: 500 },
    description: 'Imports a catalogue file by external reference; run again, it makes no doubles.',
    resolve: (
      _parent,
      { input: { source, format, onError, currency } },
      context: OperationContext,
    ): Promise<Settled<ImportReport>> =>
      settle(context, (tx) =>
        importSource(tx, context.actor, source, { format, onError, currency }),
      ),
  },
  {
    description: 'What was imported, or why nothing was.',
    outputFields: (t) => ({
      report: t.field({
        type: ProductImportReport,
        nullable: true,
        description: 'What was imported; null when nothing was changed.',
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
