import type {
  ProductCondition,
  ProductOption,
  ProductStatus,
  ProductVariant,
} from '../../db/tables/products.ts';
import type { DemoProduct } from './demoTenant.ts';
import { day, momentBetween } from './moments.ts';
import type { Random } from './random.ts';
import type { Business, OptionChoice, ProductKind } from './vocabulary.ts';

/**
 * The catalogue of a business: one product for each finish of each kind. The SKUs are numbered in
 * that order, so two businesses share them as far as the shorter catalogue goes.
 */
export function buildProducts(business: Business, random: Random, now: Date): DemoProduct[] {
  const named = business.kinds.flatMap((kind) => {
    const collections = random.shuffle(business.collections);
    return kind.finishes.map((finish, index) => ({
      kind,
      finish,
      index,
      collection: collections[index] ?? '',
    }));
  });
  return named.map((each, index) => {
    const sku = `ART-${1001 + index}`;
    return buildProduct(business, random, { ...each, sku, now: now.getTime() });
  });
}

interface Place {
  kind: ProductKind;
  finish: string;
  /** Which of the kind's products it is. */
  index: number;
  collection: string;
  sku: string;
  now: number;
}

function buildProduct(business: Business, random: Random, place: Place): DemoProduct {
  const { kind, finish, collection, sku, now } = place;
  const condition = drawCondition(random);
  const second = condition === 'NEW' ? undefined : business.secondHand[condition];
  const name = [second?.prefix, collection, kind.noun].filter(Boolean).join(' ');
  const handle = name.toLowerCase().replace(/[^a-z0-9]+/g, '-');
  const images = ['front', 'detail', 'in its place']
    .slice(0, random.integer(1, 3))
    .map((view, at) => ({
      url: `https://images.example.com/${business.slug}/${handle}-${at + 1}.jpg`,
      alt: `${name}, ${view}`,
    }));

  const base = random.integer(...kind.price) * { NEW: 1, USED: 0.55, REFURBISHED: 0.75 }[condition];
  const options = condition === 'NEW' && random.chance(0.6) ? (kind.options ?? []) : [];
  const supply = drawSupply(random, condition);
  const most = condition === 'NEW' ? 32 : 1;
  const variants = buildVariants(random, options, {
    sku,
    imageUrl: images[0]?.url ?? null,
    reduced: random.chance(0.15),
    priceOf: (percent) => toPrice((base * (100 + percent)) / 100, business.priceEnding),
    drawStock: () => drawStock(random, supply, 9),
  });
  const stock = variants.length > 0 ? sumStock(variants) : drawStock(random, supply, most);
  const createdAt = momentBetween(random, now - (business.ageInDays - 4) * day, now - day);

  return {
    name,
    description: describe(business, random, place, second?.remark),
    sku,
    priceAmount: toPrice(base, business.priceEnding),
    priceCurrency: business.currency,
    category: kind.category,
    condition,
    location: random.pick(business.locations),
    stock,
    status: drawStatus(random),
    tags: [...kind.tags, ...(second === undefined ? [] : ['second life'])],
    images,
    options: variants.length > 0 ? options.map(toOption) : [],
    variants,
    metadata: { collection, finish, weightGrams: random.integer(2, 160) * 50 },
    externalReference: handle,
    createdAt,
    updatedAt: momentBetween(random, Date.parse(createdAt), now),
  };
}

function describe(
  business: Business,
  random: Random,
  { kind, finish, index }: Place,
  remark: string | undefined,
): string {
  // By index, not by chance: neighbours in a list must not read the same.
  const about = kind.about[index % kind.about.length] ?? '';
  const detail = kind.details[index % kind.details.length] ?? '';
  const last = remark ?? (random.chance(0.5) ? random.pick(business.assurances) : '');
  return [about.replace('{finish}', finish), detail, last].filter(Boolean).join(' ');
}

function drawCondition(random: Random): ProductCondition {
  const draw = random.next();
  if (draw < 0.05) return 'USED';
  return draw < 0.09 ? 'REFURBISHED' : 'NEW';
}

function drawStatus(random: Random): ProductStatus {
  const draw = random.next();
  if (draw < 0.04) return 'DRAFT';
  return draw < 0.08 ? 'ARCHIVED' : 'ACTIVE';
}

type Supply = 'STOCKED' | 'SOLD_OUT' | 'MADE_TO_ORDER';

function drawSupply(random: Random, condition: ProductCondition): Supply {
  const draw = random.next();
  if (draw < 0.08) return 'SOLD_OUT';
  return draw < 0.13 && condition === 'NEW' ? 'MADE_TO_ORDER' : 'STOCKED';
}

function drawStock(random: Random, supply: Supply, most: number): number | null {
  if (supply === 'MADE_TO_ORDER') return null;
  if (supply === 'SOLD_OUT') return 0;
  return random.integer(1, most);
}

function sumStock(variants: readonly ProductVariant[]): number | null {
  if (variants.some(({ stock }) => stock === null)) return null;
  return variants.reduce((sum, { stock }) => sum + (stock ?? 0), 0);
}

/** Whole from 150 on, below that with the ending that the business likes. */
function toPrice(amount: number, ending: number): string {
  const price = amount >= 150 ? Math.round(amount) : Math.floor(amount) + ending;
  return price.toFixed(2);
}

function toOption({ name, values }: OptionChoice): ProductOption {
  return { name, values: [...values] };
}

interface VariantPlan {
  sku: string;
  imageUrl: string | null;
  /** A higher price stands beside each, crossed out. */
  reduced: boolean;
  /** The price at so many per cent above the base. */
  priceOf: (percent: number) => string;
  drawStock: () => number | null;
}

/** Every combination of the options. The first has the product's own SKU. */
function buildVariants(
  random: Random,
  choices: readonly OptionChoice[],
  { sku, imageUrl, reduced, priceOf, drawStock }: VariantPlan,
): ProductVariant[] {
  if (choices.length === 0) return [];
  let combinations: { options: [string, string][]; percent: number }[] = [
    { options: [], percent: 0 },
  ];
  for (const { name, values, surcharges } of choices) {
    combinations = combinations.flatMap(({ options, percent }) =>
      values.map((value, at) => ({
        options: [...options, [name, value] as [string, string]],
        percent: percent + (surcharges?.[at] ?? 0),
      })),
    );
  }
  return combinations.map(({ options, percent }, at) => {
    const stock = drawStock();
    return {
      sku: at === 0 ? sku : `${sku}-${at + 1}`,
      title: options.map(([, value]) => value).join(' / '),
      options: Object.fromEntries(options),
      price: priceOf(percent),
      compareAtPrice: reduced ? priceOf(percent + 20) : null,
      // A few of the variants of a product that is there are gone.
      stock: at > 0 && stock !== null && random.chance(0.1) ? 0 : stock,
      barcode: null,
      imageUrl,
    };
  });
}
