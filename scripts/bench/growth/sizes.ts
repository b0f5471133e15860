/** A database that is measured: how much there is beside the tenant that is asked. */
export interface GrowthSize {
  readonly name: string;
  readonly tenants: number;
  /** Of all neighbours together; each of ten messages. */
  readonly conversations: number;
  /** Of all neighbours together. */
  readonly products: number;
  /** Whether one tenant is as big as that alone, and is measured too. */
  readonly giant: boolean;
}

/** The tenants that are measured are the same in every database. */
export const measuredTenant = { products: 2_000, conversations: 5_000 };
/** A tenth of ten million messages, with products in proportion. */
export const giantTenant = { products: 20_000, conversations: 100_000 };

/** Every neighbour has 30 conversations, 300 messages and 40 products on average, whatever their number. */
const neighbours = (tenants: number): GrowthSize => ({
  name: String(tenants),
  tenants,
  conversations: tenants * 30,
  products: tenants * 40,
  giant: false,
});

const messages = (share: number): GrowthSize => ({
  name: 'messages',
  tenants: 1_000 * share,
  conversations: 890_000 * share,
  products: 100_000 * share,
  giant: true,
});

/** The first is what the others are compared with. */
export const growthSizes: readonly GrowthSize[] = [
  ...[10, 1_000, 10_000].map(neighbours),
  messages(1),
];

/** A tenth of the neighbours; the tenants that are measured stay as they are. */
export const quickSizes: readonly GrowthSize[] = [
  ...[10, 100, 1_000].map(neighbours),
  messages(0.1),
];
