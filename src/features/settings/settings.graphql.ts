import { builder } from '../../graphql/builder.ts';
import { MoneyType } from '../../graphql/money.ts';
import { getSettings, type VersionedSettings } from './settings.ts';
import type {
  AiSettings,
  BusinessSettings,
  DayRange,
  Settings,
  ShippingZone,
  Tone,
} from './settingsShape.ts';

export const ToneType = builder.enumType('Tone', {
  description: 'How a business speaks to its customers.',
  values: {
    FORMAL: { description: 'Courteous and reserved.' },
    FRIENDLY: { description: 'Warm and helpful.' },
    CASUAL: { description: 'As one talks to friends.' },
  } satisfies Record<Tone, { description: string }>,
});

const DayRangeType = builder.objectRef<DayRange>('DayRange').implement({
  description: 'From so many days to so many.',
  fields: (t) => ({
    min: t.exposeInt('min', { description: 'At the soonest.' }),
    max: t.exposeInt('max', { description: 'At the latest.' }),
  }),
});

const CommunicationSettings = builder
  .objectRef<BusinessSettings['communication']>('CommunicationSettings')
  .implement({
    description: 'How the business speaks.',
    fields: (t) => ({
      tone: t.field({ type: ToneType, description: 'The tone.', resolve: ({ tone }) => tone }),
      emojis: t.exposeBoolean('emojis', { description: 'Whether replies may have emojis.' }),
      typicalPhrases: t.exposeStringList('typicalPhrases', {
        description: 'What the business likes to say.',
      }),
      greeting: t.exposeString('greeting', {
        nullable: true,
        description: 'How a conversation is opened; null: as it comes.',
      }),
      closing: t.exposeString('closing', {
        nullable: true,
        description: 'How a conversation is closed; null: as it comes.',
      }),
    }),
  });

const ShippingZoneType = builder.objectRef<ShippingZone>('ShippingZone').implement({
  description: 'Where goods are sent, and what that costs.',
  fields: (t) => ({
    name: t.exposeString('name', { description: 'Such as "Germany".' }),
    cost: t.field({
      type: MoneyType,
      description: 'What a delivery costs.',
      resolve: (zone) => zone.cost,
    }),
    estimatedDays: t.field({
      type: DayRangeType,
      nullable: true,
      description: 'How long it takes; null: as for shipping in general.',
      resolve: (zone) => zone.estimatedDays,
    }),
  }),
});

const ShippingSettings = builder
  .objectRef<BusinessSettings['shipping']>('ShippingSettings')
  .implement({
    description: 'Whether, where and how goods are sent.',
    fields: (t) => ({
      available: t.exposeBoolean('available', { description: 'Whether anything is sent at all.' }),
      zones: t.field({
        type: [ShippingZoneType],
        description: 'Where to, each with its price.',
        resolve: ({ zones }) => zones,
      }),
      estimatedDays: t.field({
        type: DayRangeType,
        nullable: true,
        description: 'How long it takes; null: not said.',
        resolve: ({ estimatedDays }) => estimatedDays,
      }),
    }),
  });

const DiscountSettings = builder
  .objectRef<BusinessSettings['discounts']>('DiscountSettings')
  .implement({
    description: 'What may be conceded to customers.',
    fields: (t) => ({
      negotiable: t.exposeBoolean('negotiable', { description: 'Whether prices are negotiated.' }),
      maxPercent: t.expose('maxPercent', {
        type: 'Decimal',
        description: 'The most that is taken off, in percent.',
      }),
      bulk: t.exposeBoolean('bulk', { description: 'Whether large orders cost less.' }),
    }),
  });

const BusinessSettingsType = builder.objectRef<BusinessSettings>('BusinessSettings').implement({
  description: 'How the business deals with its customers.',
  fields: (t) => ({
    communication: t.field({
      type: CommunicationSettings,
      description: 'How it speaks.',
      resolve: ({ communication }) => communication,
    }),
    shipping: t.field({
      type: ShippingSettings,
      description: 'How it sends.',
      resolve: ({ shipping }) => shipping,
    }),
    discounts: t.field({
      type: DiscountSettings,
      description: 'What it concedes.',
      resolve: ({ discounts }) => discounts,
    }),
  }),
});

const AiPrompts = builder.objectRef<AiSettings['prompts']>('AiPrompts').implement({
  description: 'What the assistant is told in the business’s own words.',
  fields: (t) => ({
    system: t.exposeString('system', {
      nullable: true,
      description: 'Who it is and how it works; null: the platform’s own.',
    }),
    greeting: t.exposeString('greeting', {
      nullable: true,
      description: 'How it opens; null: the platform’s own.',
    }),
    escalation: t.exposeString('escalation', {
      nullable: true,
      description: 'When it hands over to a person; null: the platform’s own.',
    }),
  }),
});

const AiSettingsType = builder.objectRef<AiSettings>('AiSettings').implement({
  description: 'How the assistant answers.',
  fields: (t) => ({
    model: t.exposeString('model', { description: 'The Claude model that answers.' }),
    maxTokens: t.exposeInt('maxTokens', { description: 'How long an answer gets at most.' }),
    temperature: t.expose('temperature', {
      type: 'Decimal',
      description: 'From 0, always alike, to 1, full of ideas.',
    }),
    retrieval: t.exposeBoolean('retrieval', {
      description: 'Whether it looks into the catalogue and the documents first.',
    }),
    prompts: t.field({
      type: AiPrompts,
      description: 'What it is told.',
      resolve: ({ prompts }) => prompts,
    }),
  }),
});

const BrandingSettings = builder.objectRef<Settings['branding']>('BrandingSettings').implement({
  description: 'How the business looks.',
  fields: (t) => ({
    displayName: t.exposeString('displayName', {
      nullable: true,
      description: 'What customers see; null: the name of the business.',
    }),
    logoUrl: t.exposeString('logoUrl', {
      nullable: true,
      description: 'The https address of its logo; null: it has none.',
    }),
    color: t.exposeString('color', {
      nullable: true,
      description: 'Its colour, such as "#8a5a2b"; null: not chosen.',
    }),
  }),
});

export const TenantSettingsType = builder.objectRef<VersionedSettings>('TenantSettings').implement({
  description: 'What a business decides for itself.',
  fields: (t) => ({
    version: t.exposeInt('version', {
      description: 'Counts changes; send it back with the next one.',
    }),
    business: t.field({
      type: BusinessSettingsType,
      description: 'How it deals with customers.',
      resolve: ({ business }) => business,
    }),
    ai: t.field({
      type: AiSettingsType,
      description: 'How its assistant answers.',
      resolve: ({ ai }) => ai,
    }),
    branding: t.field({
      type: BrandingSettings,
      description: 'How it looks.',
      resolve: ({ branding }) => branding,
    }),
    custom: t.expose('custom', {
      type: 'JSONObject',
      description: 'Keys and values of its own; no place for secrets.',
    }),
    updatedAt: t.expose('updatedAt', {
      type: 'DateTime',
      nullable: true,
      description: 'When they last changed; null: they are the defaults of the plan.',
    }),
  }),
});

builder.queryField('settings', (t) =>
  t.field({
    type: TenantSettingsType,
    nullable: true,
    access: 'settings:read',
    description: 'The settings of this business.',
    resolve: (_parent, _args, { tx }) => getSettings(tx),
  }),
);
