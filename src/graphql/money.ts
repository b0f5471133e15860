import { builder } from './builder.ts';

export interface Money {
  amount: string;
  currencyCode: string;
}

export const MoneyType = builder.objectRef<Money>('Money').implement({
  description: 'An exact amount in one currency.',
  fields: (t) => ({
    amount: t.expose('amount', { type: 'Decimal', description: 'Such as "19.90".' }),
    currencyCode: t.expose('currencyCode', { type: 'CurrencyCode', description: 'ISO 4217.' }),
  }),
});

export const MoneyInput = builder.inputType('MoneyInput', {
  description: 'An exact amount in one currency.',
  fields: (t) => ({
    amount: t.field({ type: 'Decimal', required: true, description: 'Such as "19.90".' }),
    currencyCode: t.field({ type: 'CurrencyCode', required: true, description: 'ISO 4217.' }),
  }),
});
