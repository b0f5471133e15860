import { builder } from '../../graphql/builder.ts';
import { MoneyInput } from '../../graphql/money.ts';
import { settle, userErrorType } from '../../graphql/userErrors.ts';
import { TenantSettingsType, ToneType } from './settings.graphql.ts';
import { changeSettings, getSettings, settingsErrorCodes } from './settings.ts';

const DayRangeInput = builder.inputType('DayRangeInput', {
  description: 'From so many days to so many.',
  fields: (t) => ({
    min: t.int({ required: true, description: 'At the soonest.' }),
    max: t.int({ required: true, description: 'At the latest, 365 at most.' }),
  }),
});

const CommunicationSettingsInput = builder.inputType('CommunicationSettingsInput', {
  description: 'How the business speaks.',
  fields: (t) => ({
    tone: t.field({ type: ToneType, description: 'The tone.' }),
    emojis: t.boolean({ description: 'Whether replies may have emojis.' }),
    typicalPhrases: t.stringList({ description: 'What it likes to say: the whole list.' }),
    greeting: t.string({ description: 'How a conversation is opened; null clears it.' }),
    closing: t.string({ description: 'How a conversation is closed; null clears it.' }),
  }),
});

const ShippingZoneInput = builder.inputType('ShippingZoneInput', {
  description: 'Where goods are sent, and what that costs.',
  fields: (t) => ({
    name: t.string({ required: true, description: 'Such as "Germany", once in the list.' }),
    cost: t.field({ type: MoneyInput, required: true, description: 'What a delivery costs.' }),
    estimatedDays: t.field({ type: DayRangeInput, description: 'How long it takes there.' }),
  }),
});

const ShippingSettingsInput = builder.inputType('ShippingSettingsInput', {
  description: 'Whether, where and how goods are sent.',
  fields: (t) => ({
    available: t.boolean({ description: 'Whether anything is sent at all.' }),
    zones: t.field({ type: [ShippingZoneInput], description: 'Where to: the whole list.' }),
    estimatedDays: t.field({ type: DayRangeInput, description: 'How long; null clears it.' }),
  }),
});

const DiscountSettingsInput = builder.inputType('DiscountSettingsInput', {
  description: 'What may be conceded to customers.',
  fields: (t) => ({
    negotiable: t.boolean({ description: 'Whether prices are negotiated.' }),
    maxPercent: t.field({ type: 'Decimal', description: 'The most that is taken off: 0 to 100.' }),
    bulk: t.boolean({ description: 'Whether large orders cost less.' }),
  }),
});

const BusinessSettingsInput = builder.inputType('BusinessSettingsInput', {
  description: 'How the business deals with its customers.',
  fields: (t) => ({
    communication: t.field({ type: CommunicationSettingsInput, description: 'How it speaks.' }),
    shipping: t.field({ type: ShippingSettingsInput, description: 'How it sends.' }),
    discounts: t.field({ type: DiscountSettingsInput, description: 'What it concedes.' }),
  }),
});

const AiPromptsInput = builder.inputType('AiPromptsInput', {
  description: 'What the assistant is told; null goes back to the platform’s own.',
  fields: (t) => ({
    system: t.string({ description: 'Who it is and how it works.' }),
    greeting: t.string({ description: 'How it opens.' }),
    escalation: t.string({ description: 'When it hands over to a person.' }),
  }),
});

const AiSettingsInput = builder.inputType('AiSettingsInput', {
  description: 'How the assistant answers.',
  fields: (t) => ({
    model: t.string({ description: 'A Claude model, such as claude-sonnet-4-5.' }),
    maxTokens: t.int({ description: 'How long an answer gets at most: 1 to 8192.' }),
    temperature: t.field({ type: 'Decimal', description: 'From 0, always alike, to 1.' }),
    retrieval: t.boolean({ description: 'Whether it looks into catalogue and documents first.' }),
    prompts: t.field({ type: AiPromptsInput, description: 'What it is told.' }),
  }),
});

const BrandingSettingsInput = builder.inputType('BrandingSettingsInput', {
  description: 'How the business looks; null clears what it stands for.',
  fields: (t) => ({
    displayName: t.string({ description: 'What customers see.' }),
    logoUrl: t.string({ description: 'The https address of its logo.' }),
    color: t.string({ description: 'Such as "#8a5a2b".' }),
  }),
});

const SettingsUserError = userErrorType('Settings', settingsErrorCodes);

builder.relayMutationField(
  'settingsUpdate',
  {
    description: 'What to change; what is left out, at any depth, stays as it is.',
    inputFields: (t) => ({
      version: t.int({ required: true, description: 'The version that you have read.' }),
      business: t.field({ type: BusinessSettingsInput, description: 'Dealing with customers.' }),
      ai: t.field({ type: AiSettingsInput, description: 'The assistant.' }),
      branding: t.field({ type: BrandingSettingsInput, description: 'Looks.' }),
      custom: t.field({
        type: 'JSONObject',
        description:
          'Keys to set; null removes one. Not for secrets: all who read settings see it.',
      }),
    }),
  },
  {
    access: 'settings:write',
    description: 'Changes the settings, unless somebody else has since you read them.',
    resolve: async (_parent, { input: { version, ...change } }, context) => {
      const settled = await settle(context, (tx) =>
        changeSettings(tx, context.actor, version, change),
      );
      const stale = settled.userErrors.some(({ code }) => code === 'VERSION_CONFLICT');
      return stale ? { ...settled, value: await getSettings(context.tx) } : settled;
    },
  },
  {
    description: 'The settings as they are now, or why nothing was changed.',
    outputFields: (t) => ({
      settings: t.field({
        type: TenantSettingsType,
        nullable: true,
        description: 'As they are now, after a VERSION_CONFLICT too; null after other errors.',
        resolve: ({ value }) => value,
      }),
      userErrors: t.field({
        type: [SettingsUserError],
        description: 'Why nothing was changed.',
        resolve: ({ userErrors }) => [...userErrors],
      }),
    }),
  },
);
