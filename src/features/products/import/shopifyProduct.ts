import { lowestAmount } from './amount.ts';
import type { ImageDraft, OptionDraft, ProductDraft, VariantDraft } from './draft.ts';
import type { FirstLines } from './firstLines.ts';
import { importLimits } from './limits.ts';
import { shown } from './problem.ts';
import { readProductFields } from './shopifyProductFields.ts';
import type { ShopifyRow } from './shopifyRow.ts';
import { variantTitle } from './variantTitle.ts';

const optionFields = [
  ['option1Name', 'option1Value'],
  ['option2Name', 'option2Value'],
  ['option3Name', 'option3Value'],
] as const;

/**
 * Puts one product together from its lines. The first has the product's fields, the options'
 * names and the first variant; each further one has a variant, an image, or both.
 *
 * Only what ends up in the draft is kept of a line, and nothing beyond the limits, so the memory
 * for one product is bounded whatever the file holds.
 */
export class ShopifyProduct {
  readonly line: number;
  readonly #name: string;
  readonly #fields: Partial<ProductDraft>;
  readonly #optionNames: (string | null)[];
  readonly #variants: VariantDraft[] = [];
  readonly #variantLines = new Map<string, number>();
  readonly #images = new Map<string, ImageDraft & { position: number }>();
  readonly #skuLines = new Map<string, number>();
  readonly #skusOfFile: FirstLines;
  readonly #columns: Record<'sku' | 'image' | 'quantity' | 'tracker' | 'policy', boolean>;
  #stock = 0;
  #tracked = false;
  #oversells = false;

  constructor(first: ShopifyRow, skusOfFile: FirstLines) {
    this.line = first.line;
    this.#skusOfFile = skusOfFile;
    this.#columns = {
      sku: first.has('sku'),
      image: first.has('image'),
      quantity: first.has('quantity'),
      tracker: first.has('tracker'),
      policy: first.has('policy'),
    };
    if (first.text('title') === '') {
      const message =
        'The first line of a product needs a title. If this line belongs to a product further up, its lines must stand together.';
      first.report('title', 'MISSING_NAME', message);
    }
    this.#name = first.label('title', importLimits.nameLength) ?? '';
    this.#fields = readProductFields(first);
    this.#optionNames = optionFields.map(([name]) => first.label(name));
    const names = this.#optionNames.filter((name) => name !== null);
    if (new Set(names).size < names.length) {
      first.report(
        'option1Name',
        'DUPLICATE_OPTION',
        'Two options have the same name; rename one.',
      );
    }
    this.#addVariant(first);
    this.#addImage(first);
  }

  add(row: ShopifyRow): void {
    const title = row.text('title');
    if (title !== '' && title !== this.#name) {
      const message = `Line ${this.line} calls this product ${shown(this.#name)}. Give two products two handles.`;
      row.report('title', 'CONFLICTING_NAME', message);
    }
    const valued = optionFields.some(([, value]) => row.text(value) !== '');
    if (valued || row.text('sku') !== '' || row.text('price') !== '') this.#addVariant(row);
    this.#addImage(row);
  }

  /** The draft; from now on its SKUs are taken. Only for a product whose lines had no problem. */
  finish(externalReference: string, defaultCurrency: string | undefined): ProductDraft {
    for (const [sku, line] of this.#skuLines) this.#skusOfFile.add(sku, line);
    const metadata = this.#metadata();
    const counted = this.#variants.some(({ stock }) => stock !== null);
    const options = this.#options();
    return {
      externalReference,
      name: this.#name,
      ...this.#fields,
      ...(metadata === undefined ? {} : { metadata }),
      ...(this.#columns.sku ? { sku: this.#variants[0]?.sku ?? null } : {}),
      price: lowestAmount(this.#variants.map(({ price }) => price)) ?? '0',
      ...(defaultCurrency === undefined ? {} : { currency: defaultCurrency }),
      ...(this.#columns.quantity ? { stock: counted ? this.#stock : null } : {}),
      ...(this.#columns.image ? { images: this.#orderedImages() } : {}),
      options,
      variants: options.length > 0 ? this.#variants : this.#variants.map(withoutOptions),
    };
  }

  #addVariant(row: ShopifyRow): void {
    const options = this.#readOptions(row);
    const title = variantTitle(options);
    const price = row.amount('price');
    if (row.text('price') === '') {
      row.report(
        'price',
        'MISSING_PRICE',
        'A variant needs a price, such as 19.90; write 0 if it is free.',
      );
    }
    const sku = row.code('sku');
    if (sku !== null) this.#checkSku(row, sku);
    const stock = this.#readStock(row);
    const variant = {
      sku,
      title,
      options,
      price: price ?? '0',
      compareAtPrice: row.amount('compareAtPrice'),
      stock,
      barcode: row.code('barcode'),
      imageUrl: row.url('variantImage'),
    };
    if (this.#variants.length < importLimits.variants) this.#variants.push(variant);
    else if (this.#variantLines.size === importLimits.variants) {
      row.report(null, 'TOO_MANY', `A product can have at most ${importLimits.variants} variants.`);
    }
    const key = JSON.stringify(Object.values(options));
    const other = this.#variantLines.get(key);
    if (this.#variantLines.size <= importLimits.variants) this.#variantLines.set(key, row.line);
    if (other !== undefined) {
      const message = `Line ${other} has the same options (${shown(title)}). Every variant needs its own.`;
      row.report(row.has('option1Value') ? 'option1Value' : null, 'DUPLICATE_VARIANT', message);
    }
  }

  #readOptions(row: ShopifyRow): Record<string, string> {
    const options: [string, string][] = [];
    for (const [at, [nameField, valueField]] of optionFields.entries()) {
      const name = this.#optionNames[at] ?? null;
      const value = row.label(valueField);
      if (name !== null && row.text(valueField) === '') {
        const message = `The product has the option ${shown(name)}; every variant needs a value for it.`;
        row.report(row.has(valueField) ? valueField : nameField, 'MISSING_OPTION_VALUE', message);
      } else if (name === null && value !== null) {
        const message = `The value ${shown(value)} needs the option's name in the product's first line (line ${this.line}).`;
        row.report(valueField, 'MISSING_OPTION_NAME', message);
      } else if (name !== null && value !== null) {
        options.push([name, value]);
      }
    }
    return Object.fromEntries(options);
  }

  #checkSku(row: ShopifyRow, sku: string): void {
    const other = this.#skuLines.get(sku) ?? this.#skusOfFile.lineOf(sku);
    if (other !== undefined) {
      const message = `Line ${other} has the SKU ${shown(sku)} already. Give every variant its own, or none.`;
      row.report('sku', 'DUPLICATE_SKU', message);
    } else if (this.#skuLines.size < importLimits.variants) {
      this.#skuLines.set(sku, row.line);
    }
  }

  /**
   * A blank `Variant Inventory Tracker` means that Shopify doesn't count this variant and sells
   * it without end; a quantity beside it is a leftover to Shopify. Shopify's own sample catalogues
   * are full of such lines with sensible quantities, so a quantity is taken wherever one stands,
   * and `metadata.inventoryTracked` says whether to believe it. Without a quantity a tracked
   * variant has 0, as in Shopify, and an untracked one `null`. Oversold variants are exported with
   * a negative quantity: nothing of them can be sold, so they count as 0.
   */
  #readStock(row: ShopifyRow): number | null {
    const tracked = row.text('tracker') !== '';
    this.#tracked ||= tracked;
    this.#oversells ||= ['continue', 'true'].includes(row.text('policy').toLowerCase());
    const quantity = row.integer('quantity');
    if (!row.has('quantity') || (quantity === null && !tracked)) return null;
    const stock = Math.max(0, quantity ?? 0);
    this.#stock += stock;
    if (this.#stock > importLimits.stock) {
      const message = `The variants add up to more than ${importLimits.stock} pieces.`;
      row.report('quantity', 'NUMBER_TOO_LARGE', message);
    }
    return stock;
  }

  #addImage(row: ShopifyRow): void {
    const url = row.url('image');
    const alt = row.label('imageAlt', importLimits.altLength);
    const position = row.integer('imagePosition');
    if (position !== null && position < 0) {
      row.report('imagePosition', 'NEGATIVE_NUMBER', 'The position of an image is 1 or more.');
    }
    if (url === null || this.#images.size > importLimits.images) return;
    const known = this.#images.get(url);
    // Several variants may show the same image: it is listed once.
    if (known !== undefined) known.alt ??= alt;
    else this.#images.set(url, { url, alt, position: position ?? Number.MAX_SAFE_INTEGER });
    if (known === undefined && this.#images.size > importLimits.images) {
      row.report('image', 'TOO_MANY', `A product can have at most ${importLimits.images} images.`);
    }
  }

  #orderedImages(): ImageDraft[] {
    return [...this.#images.values()]
      .toSorted((left, right) => left.position - right.position)
      .map(({ url, alt }) => ({ url, alt }));
  }

  /** `Title` with the one value `Default Title` is how Shopify writes that there are no options. */
  #options(): OptionDraft[] {
    const names = this.#optionNames.filter((name) => name !== null);
    const only = this.#variants.length === 1 ? this.#variants[0] : undefined;
    if (names.length === 1 && only?.options.Title === 'Default Title') return [];
    return names.map((name) => {
      const values = this.#variants.map(({ options }) => options[name] ?? '');
      return { name, values: [...new Set(values)] };
    });
  }

  #metadata(): Record<string, unknown> | undefined {
    const { metadata } = this.#fields;
    if (metadata === undefined) return undefined;
    return {
      ...metadata,
      ...(this.#columns.tracker ? { inventoryTracked: this.#tracked } : {}),
      ...(this.#columns.policy ? { sellsWhenOutOfStock: this.#oversells } : {}),
    };
  }
}

function withoutOptions(variant: VariantDraft): VariantDraft {
  return { ...variant, title: 'Default Title', options: {} };
}
