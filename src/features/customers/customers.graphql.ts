import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { DateTimeComparator, StringComparator } from '../../graphql/comparators.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { lookAhead } from '../../graphql/lookAhead.ts';
import { settle, userErrorType } from '../../graphql/userErrors.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { commonErrorCodes } from '../../lib/validation.ts';
import { loadCustomer } from './customers.loaders.ts';
import {
  type Customer,
  type CustomerFilter,
  countCustomers,
  customerOrder,
  findCustomerPage,
} from './customers.queries.ts';
import { upsertCustomer } from './customers.ts';

export const CustomerType = builder.node(builder.objectRef<Customer>('Customer'), {
  access: 'customers:read',
  description: 'Somebody who writes to the business, known by phone number.',
  id: { resolve: (customer) => customer.id, description: `\`${idExample('Customer')}\`` },
  loadWithoutCache: (id, context) => loadCustomer(context, id),
  fields: (t) => ({
    phone: t.expose('phone', { type: 'PhoneNumber', description: 'E.164; unique here.' }),
    name: t.exposeString('name', { nullable: true, description: 'What they are called.' }),
    email: t.exposeString('email', { nullable: true, description: 'Their e-mail address.' }),
    locale: t.exposeString('locale', { nullable: true, description: 'BCP 47, such as "de-AT".' }),
    labels: t.exposeStringList('labels', { description: 'Words to group them by.' }),
    metadata: t.expose('metadata', { type: 'JSONObject', description: "An integrator's data." }),
    externalReference: t.exposeString('externalReference', {
      nullable: true,
      description: 'Their id in another system.',
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When they were added.' }),
    updatedAt: t.expose('updatedAt', { type: 'DateTime', description: 'When this last changed.' }),
  }),
});

const CustomerConnection = defineConnection<Customer>('Customer', CustomerType);

const CustomerFilterInput = builder.inputType('CustomerFilter', {
  description: 'Which customers; every condition must hold.',
  fields: (t) => ({
    phone: t.field({ type: StringComparator, description: 'By phone number.' }),
    name: t.field({ type: StringComparator, description: 'By name.' }),
    externalReference: t.field({ type: StringComparator, description: 'By external reference.' }),
    createdAt: t.field({ type: DateTimeComparator, description: 'By when they were added.' }),
  }),
});

builder.queryField('customers', (t) =>
  t.field({
    type: CustomerConnection,
    nullable: true,
    access: 'customers:read',
    description: 'The people who write to the business, the newest first.',
    args: {
      ...t.arg.connectionArgs(),
      filter: t.arg({ type: CustomerFilterInput, description: 'Which customers.' }),
    },
    resolve: async (_parent, args, { tx }, info): Promise<CountedConnection<Customer>> => {
      const filter = (args.filter ?? {}) as CustomerFilter;
      const page = readPage(args, pageRules(customerOrder, 20));
      const { columns } = lookAhead(info);
      const found = await findCustomerPage(tx, filter, page, columns);
      const connection = toConnection(found, page, (customer) =>
        makeCursor(customerOrder.sort, [customer.createdAt, customer.id]),
      );
      return { ...connection, countRows: () => countCustomers(tx, filter) };
    },
  }),
);

builder.queryField('customer', (t) =>
  t.field({
    type: CustomerType,
    nullable: true,
    access: 'customers:read',
    description: 'One customer by id; null when there is none that you can see.',
    args: { id: t.arg.globalID({ for: CustomerType, required: true, description: 'The id.' }) },
    resolve: (_parent, { id }, context) => loadCustomer(context, id.id),
  }),
);

const CustomerUserError = userErrorType('Customer', commonErrorCodes);

builder.relayMutationField(
  'customerUpsert',
  {
    description: 'A customer by phone number; what is left out stays as it is.',
    inputFields: (t) => ({
      phone: t.field({ type: 'PhoneNumber', required: true, description: 'E.164.' }),
      name: t.string({ description: 'What they are called.' }),
      email: t.string({ description: 'Their e-mail address.' }),
      locale: t.string({ description: 'BCP 47, such as "de-AT".' }),
      labels: t.stringList({ description: 'Words to group them by, at most 100.' }),
      metadata: t.field({ type: 'JSONObject', description: 'Your own data, up to 64 KiB.' }),
      externalReference: t.string({ description: 'Their id in another system, unique here.' }),
    }),
  },
  {
    access: 'customers:write',
    description: 'Adds the customer with this phone number, or changes the one who has it.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => upsertCustomer(tx, context.actor, input)),
  },
  {
    description: 'The customer as it is now, or why nothing was changed.',
    outputFields: (t) => ({
      customer: t.field({
        type: CustomerType,
        nullable: true,
        description: 'The customer; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [CustomerUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
