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
const neighbours = (name: string, tenants: number): GrowthSize => ({
  name,
  tenants,
  conversations: tenants * 30,
  products: tenants * 40,
  giant: false,
});

export const growthSizes: readonly GrowthSize[] = [
  neighbours('10', 10),
  neighbours('1000', 1_000),
  neighbours('10000', 10_000),
  { name: 'messages', tenants: 1_000, conversations: 890_000, products: 100_000, giant: true },
];

/** A tenth of everything but the measured tenants; the first stays what the others are compared with. */
export function quickSizes(): GrowthSize[] {
  return growthSizes.map((size, index) =>
    index === 0
      ? size
      : {
          ...size,
          tenants: size.tenants / 10,
          conversations: size.conversations / 10,
          products: size.products / 10,
        },
  );
}
