import type { NewProductFields } from '../products/products.ts';

/** What a new business finds in its catalogue, to try things out with; the tag finds them all again. */
export const sampleProducts: readonly Omit<NewProductFields, 'id'>[] = [
  {
    name: 'Sample mug',
    description: 'White porcelain, 350 ml. Delete me when you have products of your own.',
    sku: 'SAMPLE-MUG',
    category: 'Samples',
    price: { amount: '12.90', currencyCode: 'EUR' },
    stock: 40,
    tags: ['sample'],
  },
  {
    name: 'Sample notebook',
    description: 'A5, dotted, 160 pages. Delete me when you have products of your own.',
    sku: 'SAMPLE-NOTEBOOK',
    category: 'Samples',
    price: { amount: '9.50', currencyCode: 'EUR' },
    stock: 120,
    tags: ['sample'],
  },
  {
    name: 'Sample tote bag',
    description: 'Heavy cotton, long handles. Sold out, to see what that looks like.',
    sku: 'SAMPLE-TOTE',
    category: 'Samples',
    price: { amount: '18.00', currencyCode: 'EUR' },
    stock: 0,
    tags: ['sample'],
  },
];
