import { defineLoader } from '../../graphql/loader.ts';
import {
  findProductsByIds,
  findProductsByReferences,
  findProductsBySkus,
  type Product,
} from './products.queries.ts';

export const loadProduct = defineLoader<Product>(
  (tx, ids) => findProductsByIds(tx, { ids }),
  (product) => product.id,
);

export const loadProductBySku = defineLoader<Product>(
  (tx, skus) => findProductsBySkus(tx, { skus }),
  (product) => product.sku ?? '',
);

export const loadProductByReference = defineLoader<Product>(
  (tx, references) => findProductsByReferences(tx, { references }),
  (product) => product.externalReference ?? '',
);
