import type { ProductOption } from '../../db/tables/products.ts';
import type { Customer } from './buildCustomers.ts';
import type { DemoProduct } from './demoTenant.ts';
import type { Random } from './random.ts';
import type { Business, Script } from './vocabulary.ts';

/** The products of a catalogue by what a conversation needs. */
export class Shelves {
  readonly inStock: readonly DemoProduct[];
  readonly soldOut: readonly DemoProduct[];
  readonly colored: readonly DemoProduct[];

  constructor(products: readonly DemoProduct[]) {
    const active = products.filter(({ status }) => status === 'ACTIVE');
    this.inStock = active.filter(({ stock }) => (stock ?? 0) > 0);
    this.soldOut = active.filter(({ stock }) => stock === 0);
    this.colored = this.inStock.filter(({ options }) => colorsOf(options).length > 0);
  }

  choose(random: Random, { wants, categories }: Script): DemoProduct {
    const wanted = { SOLD_OUT: this.soldOut, COLORS: this.colored, ANY: this.inStock };
    const shelf = wanted[wants ?? 'ANY'];
    const fitting = shelf.filter(({ category }) => categories?.includes(category ?? '') ?? true);
    return random.pick(fitting);
  }

  /** Something that could be bought instead, of the same category where there is any. */
  alternativeTo(random: Random, product: DemoProduct): DemoProduct {
    const others = this.inStock.filter(({ sku }) => sku !== product.sku);
    const alike = others.filter(({ category }) => category === product.category);
    return random.pick(alike.length > 0 ? alike : others);
  }
}

/** Draws what a conversation is about; the function puts it into a line of the script. */
export function fillIn(
  business: Business,
  random: Random,
  { script, customer, shelves }: { script: Script; customer: Customer; shelves: Shelves },
): (line: string) => string {
  const product = shelves.choose(random, script);
  const { locale } = business.communities[customer.country];
  const money = moneyFormat(locale, business.currency);
  const price = Number(product.priceAmount);
  const words: Record<string, string> = {
    product: product.name,
    other: shelves.alternativeTo(random, product).name,
    price: money.format(price),
    offer: money.format(price * 0.95),
    option: script.wants === 'COLORS' ? random.pick(colorsOf(product.options)) : '',
    stock: String(product.stock),
    location: product.location ?? '',
    order: `${business.orderPrefix}-${random.integer(40_000, 49_999)}`,
    days: String(random.integer(2, 5)),
    first: customer.name?.split(' ')[0] ?? '',
  };
  return (line) => line.replace(/\{(\w+)\}/g, (unknown, word: string) => words[word] ?? unknown);
}

/** What people ask for by its look; nobody asks for a bookcase in “Four”. */
const colorOptions = ['Color', 'Colour', 'Shade', 'Fabric', 'Wood'];

function colorsOf(options: readonly ProductOption[]): string[] {
  return options.flatMap(({ name, values }) => (colorOptions.includes(name) ? values : []));
}

const formats = new Map<string, Intl.NumberFormat>();

/** Kept, because making one takes longer than the whole conversation. */
function moneyFormat(locale: string, currency: string): Intl.NumberFormat {
  const key = `${locale} ${currency}`;
  const known = formats.get(key);
  if (known !== undefined) return known;
  const format = new Intl.NumberFormat(locale, { style: 'currency', currency });
  formats.set(key, format);
  return format;
}
