import type { Business } from '../vocabulary.ts';
import { communities } from './customers.ts';
import { furniture } from './furniture.ts';
import { home } from './home.ts';
import { lighting } from './lighting.ts';

/** A European furnisher on the larger plan: four people, an integration, euros, three languages. */
export const lumen: Business = {
  slug: 'lumen',
  name: 'Lumen & Oak',
  description: 'Lamps, furniture and quiet things for the home, from Hamburg and Lyon.',
  plan: 'PREMIUM',
  currency: 'EUR',
  ageInDays: 640,
  settings: {
    business: {
      communication: {
        tone: 'FRIENDLY',
        emojis: true,
        typicalPhrases: ['With pleasure', 'Take your time', 'Coffee is on us'],
        greeting: 'Hello, and welcome to Lumen & Oak!',
        closing: 'Warm regards from Hamburg and Lyon',
      },
      shipping: {
        available: true,
        zones: [
          { name: 'Germany', cost: { amount: '6.90', currencyCode: 'EUR' } },
          { name: 'France', cost: { amount: '6.90', currencyCode: 'EUR' } },
          { name: 'United Kingdom', cost: { amount: '19.00', currencyCode: 'EUR' } },
        ],
        estimatedDays: { min: 2, max: 6 },
      },
      discounts: { negotiable: true, maxPercent: 5, bulk: true },
    },
    branding: {
      displayName: 'Lumen & Oak',
      color: '#8a5a2b',
      logoUrl: 'https://images.example.com/lumen/logo.svg',
    },
  },
  members: [
    { name: 'Mara Eklund', email: 'owner@lumen.example', role: 'OWNER' },
    { name: 'Tobias Renn', email: 'admin@lumen.example', role: 'ADMIN' },
    { name: 'Inès Falco', email: 'member@lumen.example', role: 'MEMBER' },
    { name: 'Jonas Weil', email: 'viewer@lumen.example', role: 'VIEWER' },
  ],
  apiKeys: [
    {
      name: 'Warehouse integration',
      scopes: [
        'tenant:read',
        'products:read',
        'products:write',
        'customers:read',
        'customers:write',
        'conversations:read',
        'conversations:write',
        'usage:read',
      ],
    },
  ],
  cannedReplies: [
    {
      shortcut: 'hours',
      body: 'We are open Monday to Saturday, ten to six, in Hamburg and in Lyon. Coffee is on us.',
    },
    {
      shortcut: 'shipping',
      body: 'Delivery is free from €150 and takes two to six days. Large pieces come with two pairs of hands.',
    },
    {
      shortcut: 'returns',
      body: 'You can return anything within 30 days. Just tell us, we arrange the pick-up.',
    },
    {
      shortcut: 'care',
      body: 'Oiled wood likes a damp cloth and a little oil twice a year. We gladly send you a bottle.',
    },
    {
      shortcut: 'samples',
      body: 'We send samples of up to four fabrics or woods, free of charge. Which ones may it be?',
    },
    { shortcut: 'thanks', body: 'Thank you for writing to us. Enjoy your new piece! 🙂' },
  ],
  collections: [
    ...['Alder', 'Aster', 'Birch', 'Bramble', 'Cinder', 'Clover', 'Dune', 'Ember', 'Fern', 'Grove'],
    ...['Hazel', 'Heron', 'Isle', 'Juniper', 'Lark', 'Linden', 'Marsh', 'Moss', 'Otter', 'Pebble'],
    ...['Quill', 'Rowan', 'Sorrel', 'Thistle', 'Umber', 'Vale', 'Willow', 'Wren', 'Yarrow'],
  ],
  kinds: [...lighting, ...furniture, ...home],
  assurances: [
    'Made in small numbers by people we know by name.',
    'Five years of warranty, and spare parts for longer than that.',
    'Packed without plastic.',
    'Delivered to the room of your choice.',
    'Goes well with everything of the same collection.',
  ],
  locations: ['Hamburg warehouse', 'Hamburg showroom', 'Lyon showroom'],
  secondHand: {
    USED: { prefix: 'Pre-loved', remark: 'Has lived in one household and shows it a little.' },
    REFURBISHED: { prefix: 'Restored', remark: 'Taken apart, mended and oiled in our workshop.' },
  },
  customerLabels: ['vip', 'interior designer', 'newsletter', 'showroom visitor'],
  emailDomain: 'example.com',
  communities,
  conversations: 150,
  priceEnding: 0.9,
  orderPrefix: 'LO',
  apiRequests: 2600,
};
