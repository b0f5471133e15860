import type { Business } from '../vocabulary.ts';
import { camp } from './camp.ts';
import { communities } from './customers.ts';
import { trail } from './trail.ts';

/** An American outfitter on the small plan: two people, no integration, dollars, English and Spanish. */
export const harbor: Business = {
  slug: 'harbor',
  name: 'Harbor & Tern Outfitters',
  description: 'Tents, boots and everything else for a week outdoors, from the Oregon coast.',
  plan: 'BASIC',
  currency: 'USD',
  ageInDays: 280,
  settings: {
    business: {
      communication: {
        tone: 'CASUAL',
        emojis: false,
        typicalPhrases: ['On it', 'Any time', 'Dogs welcome'],
        greeting: 'Hey, Harbor & Tern here.',
        closing: 'See you outside.',
      },
      shipping: {
        available: true,
        zones: [
          { name: 'Lower 48', cost: { amount: '8.95', currencyCode: 'USD' } },
          { name: 'Alaska and Hawaii', cost: { amount: '24.95', currencyCode: 'USD' } },
        ],
        estimatedDays: { min: 3, max: 5 },
      },
      discounts: { negotiable: false, maxPercent: 5, bulk: true },
    },
    branding: {
      displayName: 'Harbor & Tern',
      color: '#12536b',
      logoUrl: 'https://images.example.com/harbor/logo.svg',
    },
  },
  members: [
    { name: 'Dana Whitlow', email: 'owner@harbor.example', role: 'OWNER' },
    { name: 'Cole Barrera', email: 'member@harbor.example', role: 'MEMBER' },
    // The admin of Lumen & Oak, so that switching between two tenants can be shown.
    { name: 'Tobias Renn', email: 'admin@lumen.example', role: 'VIEWER' },
  ],
  apiKeys: [],
  cannedReplies: [
    { shortcut: 'hours', body: 'Both stores: 9 to 7, every day. Dogs welcome.' },
    {
      shortcut: 'shipping',
      body: 'Ships in three to five business days, $8.95 flat, free over $99.',
    },
    { shortcut: 'returns', body: '60 days, even with a little dirt on it. Label’s in the box.' },
    { shortcut: 'repairs', body: 'Zippers, seams, soles: bring it in and we’ll give you a quote.' },
    {
      shortcut: 'rentals',
      body: 'Tents, pads and boats rent by the day. Call ahead for weekends.',
    },
    { shortcut: 'thanks', body: 'Thanks for the note. Have a good one out there.' },
  ],
  collections: [
    ...['Anchorlight', 'Basalt', 'Bearing', 'Breakwater', 'Cairn', 'Cormorant', 'Driftwood'],
    ...['Eddyline', 'Foghorn', 'Gravelbar', 'Headwind', 'Kelp', 'Lookout', 'Longshore', 'Northing'],
    ...['Outrider', 'Puffin', 'Ridgepole', 'Saltmarsh', 'Sandbar', 'Snowmelt', 'Switchback'],
    ...['Tamarack', 'Tidewater', 'Westerly'],
  ],
  kinds: [...camp, ...trail],
  assurances: [
    'Tested by our staff, who are hard on things.',
    'Guaranteed for life; we patch before we replace.',
    'Rents by the day if you’d rather try it first.',
    'Staff favorite two seasons running.',
  ],
  locations: ['Astoria store', 'Astoria warehouse', 'Bend store'],
  secondHand: {
    USED: { prefix: 'Rental-Return', remark: 'Spent one season in our rental fleet.' },
    REFURBISHED: { prefix: 'Reworked', remark: 'Patched, cleaned and checked at our bench.' },
  },
  customerLabels: ['club', 'guide', 'rental', 'scout troop'],
  emailDomain: 'example.org',
  communities,
  conversations: 80,
  priceEnding: 0.95,
  orderPrefix: 'HT',
  apiRequests: 310,
};
