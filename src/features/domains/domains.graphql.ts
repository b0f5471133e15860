import { pageRules } from '../../db/query/keyset.ts';
import { builder, idExample } from '../../graphql/builder.ts';
import { type CountedConnection, defineConnection } from '../../graphql/connections.ts';
import { defineLoader } from '../../graphql/loader.ts';
import { withoutKey } from '../../graphql/repeats.ts';
import { settle, userErrorType } from '../../graphql/userErrors.ts';
import { makeCursor, readPage, toConnection } from '../../lib/pagination.ts';
import { domainErrorCodes } from './domainName.ts';
import {
  countDomains,
  domainOrder,
  findDomainPage,
  findDomainsByIds,
  type TenantDomain,
} from './domains.queries.ts';
import { addDomain, proofOf, removeDomain, verifyDomain } from './domains.ts';

const DnsRecordType = builder.objectRef<ReturnType<typeof proofOf>>('DnsRecord').implement({
  description: 'A TXT record to set in DNS.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Where: `_tenantry.shop.example.com`.' }),
    value: t.exposeString('value', { description: 'What it says: `tenantry-verification=…`.' }),
  }),
});

const loadDomain = defineLoader<TenantDomain>(
  (tx, ids) => findDomainsByIds(tx, { ids }),
  (domain) => domain.id,
);

const TenantDomainType = builder.node(builder.objectRef<TenantDomain>('TenantDomain'), {
  access: 'tenant:read',
  description: 'A domain that a business says is its own.',
  id: { resolve: (domain) => domain.id, description: `\`${idExample('TenantDomain')}\`` },
  loadWithoutCache: (id, context) => loadDomain(context, id),
  fields: (t) => ({
    domain: t.exposeString('domain', { description: 'As DNS has it: small letters, punycode.' }),
    proof: t.field({
      type: DnsRecordType,
      description: 'The record that proves it.',
      resolve: proofOf,
    }),
    createdAt: t.expose('createdAt', { type: 'DateTime', description: 'When it was added.' }),
    verifiedAt: t.expose('verifiedAt', {
      type: 'DateTime',
      nullable: true,
      description:
        'When it was proved; null: not yet, and it leads nowhere. Nor does it while the plan has no CUSTOM_DOMAIN.',
    }),
  }),
});

const TenantDomainConnection = defineConnection<TenantDomain>('TenantDomain', TenantDomainType);

builder.queryField('domains', (t) =>
  t.field({
    type: TenantDomainConnection,
    nullable: true,
    access: 'tenant:read',
    description: 'The domains of this business, the newest first.',
    args: t.arg.connectionArgs(),
    resolve: async (_parent, args, { tx }): Promise<CountedConnection<TenantDomain>> => {
      const page = readPage(args, pageRules(domainOrder, 20));
      const rows = await findDomainPage(tx, page);
      const connection = toConnection(rows, page, ({ createdAt, id }) =>
        makeCursor(domainOrder.sort, [createdAt, id]),
      );
      return { ...connection, countRows: async () => (await countDomains(tx))[0]?.count ?? 0 };
    },
  }),
);

const DomainUserError = userErrorType('Domain', domainErrorCodes);

const payload = { description: 'The domain, or why nothing was changed.' };

builder.relayMutationField(
  'domainAdd',
  {
    description: 'A domain of one’s own.',
    inputFields: (t) => ({
      domain: t.string({ required: true, description: 'Such as "shop.example.com".' }),
    }),
  },
  {
    access: 'tenant:write',
    feature: 'CUSTOM_DOMAIN',
    description: 'Adds a domain; set the record that it answers with, then call domainVerify.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) =>
        addDomain(tx, context.actor, input.domain, context.services.baseDomain),
      ),
  },
  {
    ...payload,
    outputFields: (t) => ({
      domain: t.field({
        type: TenantDomainType,
        nullable: true,
        description: 'The domain; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [DomainUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'domainVerify',
  {
    description: 'Which domain.',
    inputFields: (t) => ({
      id: t.globalID({ for: TenantDomainType, required: true, description: 'The domain.' }),
    }),
  },
  {
    access: 'tenant:write',
    rateLimit: { limit: 120, window: 60, per: 'CALLER' },
    feature: 'CUSTOM_DOMAIN',
    extensions: withoutKey(
      'It asks DNS before its transaction begins. Call it as often as you like: it proves a domain once.',
    ),
    description:
      'Looks for the record in DNS; if it is there the domain leads to this business. Send it as the only field of its operation.',
    resolve: async (_parent, { input }, context) => {
      const { id } = input.id;
      // DNS takes its time: the claim is read before, and written after, and no transaction is open between.
      const [claim] = await context.beforehand((tx) => findDomainsByIds(tx, { ids: [id] }));
      const seen = claim ? await context.services.lookUpTxt(proofOf(claim).name) : [];
      return settle(context, (tx) => verifyDomain(tx, context.actor, id, seen));
    },
  },
  {
    ...payload,
    outputFields: (t) => ({
      domain: t.field({
        type: TenantDomainType,
        nullable: true,
        description: 'The domain; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [DomainUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);

builder.relayMutationField(
  'domainRemove',
  {
    description: 'Which domain is given up.',
    inputFields: (t) => ({
      id: t.globalID({ for: TenantDomainType, required: true, description: 'The domain.' }),
    }),
  },
  {
    access: 'tenant:write',
    description: 'Removes a domain; within seconds it leads nowhere.',
    resolve: (_parent, { input }, context) =>
      settle(context, (tx) => removeDomain(tx, context.actor, input.id.id)),
  },
  {
    ...payload,
    outputFields: (t) => ({
      domain: t.field({
        type: TenantDomainType,
        nullable: true,
        description: 'As it was; null when nothing was changed.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [DomainUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
