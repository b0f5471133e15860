import { defineLoader } from '../../graphql/loader.ts';
import { type Customer, findCustomersByIds } from './customers.queries.ts';

export const loadCustomer = defineLoader<Customer>(
  (tx, ids) => findCustomersByIds(tx, { ids }),
  (customer) => customer.id,
);
