import { defineColumnLoader, defineLoader } from '../../graphql/loader.ts';
import {
  findProductsByIds,
  findProductsByReferences,
  findProductsBySkus,
  type Product,
} from './products.queries.ts';

export const loadProduct = defineColumnLoader<Product>(
  (tx, ids, columns) => findProductsByIds(tx, { ids }, columns),
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
