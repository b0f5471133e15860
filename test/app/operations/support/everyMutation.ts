import type { TestServer } from '../../../support/server.ts';

/** What a mutation is tried with, read from the demo when its turn comes. */
export type MakeInput = (demo: Demo) => Promise<object> | object;

export interface Demo {
  /** The id of some row of the owner's business, as the API gives it. */
  idOf(field: string, where?: (node: Node) => boolean): Promise<string>;
  /** For what only the outside world can make true: a DNS record. */
  prove(name: string, value: string): void;
  /** The business's settings' version. */
  version(): Promise<number>;
}

interface Node {
  readonly id: string;
  readonly [name: string]: unknown;
}

const price = { amount: '12.50', currencyCode: 'EUR' };

/**
 * An input for every mutation that runs in its caller's transaction, in an order in which each finds
 * what it needs: a mutation that is missing here fails the test, so a new one gets its line.
 */
export const everyMutation: Readonly<Record<string, MakeInput>> = {
  productCreate: () => ({ name: 'Rehearsed', price, externalReference: 'rehearsed-1' }),
  productUpdate: async ({ idOf }) => ({ id: await idOf('products'), name: 'Renamed', price }),
  productBulkUpsert: () => ({
    products: [
      { externalReference: 'rehearsed-1', name: 'Rehearsed again', price },
      { externalReference: 'rehearsed-2', name: 'Another', price },
    ],
  }),
  productImport: () => ({
    source: { content: '{"externalReference":"rehearsed-3","name":"Third","price":"1.00"}\n' },
    currency: 'EUR',
  }),
  productArchive: async ({ idOf }) => ({ id: await idOf('products') }),
  customerUpsert: () => ({ phone: '+4915112345678', name: 'Somebody new' }),
  conversationCreate: async ({ idOf }) => ({ customerId: await idOf('customers') }),
  conversationUpdate: async ({ idOf }) => ({
    id: await idOf('conversations'),
    subject: 'Rehearsed',
    status: 'RESOLVED',
  }),
  conversationAssign: async ({ idOf }) => ({
    id: await idOf('conversations', ({ assignee }) => assignee === null),
    assigneeId: await idOf('members'),
  }),
  messageSend: async ({ idOf }) => ({
    conversationId: await idOf('conversations', ({ status }) => status === 'OPEN'),
    body: 'A word',
  }),
  conversationMarkRead: async ({ idOf }) => ({
    id: await idOf('conversations', ({ unreadCount }) => Number(unreadCount) > 0),
  }),
  cannedReplyCreate: () => ({ shortcut: 'rehearsed', body: 'A word' }),
  cannedReplyUpdate: async ({ idOf }) => ({ id: await idOf('cannedReplies'), body: 'Another' }),
  cannedReplyDelete: async ({ idOf }) => ({ id: await idOf('cannedReplies') }),
  settingsUpdate: async ({ version }) => ({
    version: await version(),
    custom: { rehearsed: true },
    branding: { color: '#123456' },
  }),
  apiKeyCreate: () => ({ name: 'rehearsed', scopes: ['products:read'] }),
  apiKeyUpdate: async ({ idOf }) => ({ id: await idOf('apiKeys'), name: 'Renamed' }),
  apiKeyRotate: async ({ idOf }) => ({ id: await idOf('apiKeys'), overlapSeconds: 60 }),
  apiKeyRevoke: async ({ idOf }) => ({ id: await idOf('apiKeys') }),
  domainAdd: () => ({ domain: 'rehearsed-shop.com' }),
  domainVerify: async ({ idOf, prove }) => {
    const id = await idOf('domains', ({ proof }) => {
      const { name, value } = proof as { name: string; value: string };
      prove(name, value);
      return true;
    });
    return { id };
  },
  domainRemove: async ({ idOf }) => ({ id: await idOf('domains') }),
  memberInvite: () => ({ email: 'rehearsed@example.com', role: 'MEMBER' }),
  invitationResend: async ({ idOf }) => ({
    id: await idOf('invitations', ({ email }) => email === 'rehearsed@example.com'),
  }),
  invitationRevoke: async ({ idOf }) => ({
    id: await idOf('invitations', ({ email }) => email === 'rehearsed@example.com'),
  }),
  ownershipTransferStart: async ({ idOf }) => ({
    memberId: await idOf('members', ({ role }) => role === 'ADMIN'),
  }),
  memberRoleChange: async ({ idOf }) => ({
    id: await idOf('members', ({ role }) => role === 'MEMBER'),
    role: 'VIEWER',
  }),
  memberRemove: async ({ idOf }) => ({
    id: await idOf('members', ({ role }) => role === 'VIEWER'),
  }),
  planChange: () => ({ plan: 'PREMIUM', effective: 'PERIOD_END' }),
  planChangeCancel: () => ({ plan: 'PREMIUM' }),
  tenantUpdate: () => ({ name: 'Renamed business', slug: 'lumen-renamed' }),
  tenantDelete: () => ({ confirmation: 'lumen-renamed' }),
};

/** What `idOf` reads of each kind to choose by. */
const chosenBy: Readonly<Record<string, string>> = {
  conversations: 'assignee { id } status unreadCount',
  members: 'role',
  invitations: 'email',
  domains: 'proof { name value }',
};

export function demoOf(
  server: TestServer,
  token: string,
  records: Map<string, readonly string[]>,
): Demo {
  return {
    async idOf(field, where = () => true) {
      const query = `{ found: ${field}(first: 50) { nodes { id ${chosenBy[field] ?? ''} } } }`;
      const nodes: Node[] = (await server.ask(token, query)).body.data.found.nodes;
      const node = nodes.find(where);
      if (node === undefined) throw new Error(`The demo has none of the ${field} that are wanted.`);
      return node.id;
    },
    prove: (name, value) => void records.set(name, [value]),
    async version() {
      return (await server.ask(token, '{ settings { version } }')).body.data.settings.version;
    },
  };
}
