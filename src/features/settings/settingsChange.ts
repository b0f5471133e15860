import { Findings } from '../../lib/validation.ts';
import type { DayRange, Settings, ShippingZone, Tone } from './settingsShape.ts';

type Given<Value> = Value | null | undefined;

/** What is left out stays as it is; null clears what may be empty, and is as good as left out elsewhere. */
export interface SettingsChange {
  business?: Given<{
    communication?: Given<{
      tone?: Given<Tone>;
      emojis?: Given<boolean>;
      typicalPhrases?: Given<string[]>;
      greeting?: Given<string>;
      closing?: Given<string>;
    }>;
    shipping?: Given<{
      available?: Given<boolean>;
      zones?: Given<(Omit<ShippingZone, 'estimatedDays'> & { estimatedDays?: Given<DayRange> })[]>;
      estimatedDays?: Given<DayRange>;
    }>;
    discounts?: Given<{
      negotiable?: Given<boolean>;
      maxPercent?: Given<string>;
      bulk?: Given<boolean>;
    }>;
  }>;
  ai?: Given<{
    model?: Given<string>;
    maxTokens?: Given<number>;
    temperature?: Given<string>;
    retrieval?: Given<boolean>;
    prompts?: Given<{
      system?: Given<string>;
      greeting?: Given<string>;
      escalation?: Given<string>;
    }>;
  }>;
  branding?: Given<{
    displayName?: Given<string>;
    logoUrl?: Given<string>;
    color?: Given<string>;
  }>;
  /** Its keys are set one by one; null removes one. */
  custom?: Given<Record<string, unknown>>;
}

/** The settings with the change in them; neither is modified. */
export function mergeSettings(before: Settings, change: SettingsChange): Settings {
  const { communication, shipping, discounts } = change.business ?? {};
  const zones = shipping?.zones?.map((zone) => ({
    ...zone,
    cost: { ...zone.cost, amount: withCents(zone.cost.amount) },
    estimatedDays: zone.estimatedDays ?? null,
  }));
  const { prompts, ...ai } = change.ai ?? {};
  return {
    business: {
      communication: merge(before.business.communication, communication),
      shipping: merge(before.business.shipping, shipping && { ...shipping, zones }),
      discounts: merge(before.business.discounts, discounts),
    },
    ai: { ...merge(before.ai, ai), prompts: merge(before.ai.prompts, prompts) },
    branding: merge(before.branding, change.branding),
    custom: Object.fromEntries(
      Object.entries({ ...before.custom, ...change.custom }).filter(([, value]) => value !== null),
    ),
  };
}

/** "6.9" → "6.90", as Postgres and the Decimal scalar have it for amounts in columns. */
function withCents(amount: string): string {
  const [whole, fraction = ''] = amount.split('.');
  return `${whole}.${fraction.padEnd(2, '0')}`;
}

const clearable: ReadonlySet<string> = new Set([
  ...['greeting', 'closing', 'estimatedDays', 'system', 'escalation'],
  ...['displayName', 'logoUrl', 'color'],
]);

function merge<Section extends object>(before: Section, change: object | null | undefined) {
  const given = Object.entries(change ?? {}).filter(
    ([name, value]) => value !== undefined && (value !== null || clearable.has(name)),
  );
  return { ...before, ...Object.fromEntries(given) } as Section;
}

const longText = 4_000;
const systemPrompt = 20_000;

/** Throws the refusal with everything that is wrong with the settings as they would be. */
export function checkSettings({ business, ai, branding, custom }: Settings): void {
  const findings = new Findings();
  const at = (...path: string[]) => ['input', ...path];
  const { communication, shipping, discounts } = business;
  const phrases = communication.typicalPhrases;
  const phrasesAt = at('business', 'communication', 'typicalPhrases');
  findings.expect(phrases.length <= 50, 'TOO_LONG', phrasesAt, 'There may be at most 50.');
  phrases.slice(0, 50).forEach((phrase, index) => {
    findings.expectText(phrase, { min: 1, max: 200 }, [...phrasesAt, String(index)]);
  });
  for (const name of ['greeting', 'closing'] as const) {
    const field = at('business', 'communication', name);
    findings.expectText(communication[name], { max: longText }, field);
  }
  checkZones(findings, shipping.zones);
  checkDays(findings, shipping.estimatedDays, at('business', 'shipping', 'estimatedDays'));
  const percent = Number(discounts.maxPercent);
  findings.expect(
    percent >= 0 && percent <= 100,
    'INVALID',
    at('business', 'discounts', 'maxPercent'),
    'It is a percentage from 0 to 100.',
  );
  findings.expect(
    /^claude-[a-z0-9][a-z0-9.-]{0,80}$/.test(ai.model),
    'INVALID',
    at('ai', 'model'),
    'It is the name of a Claude model, such as claude-sonnet-4-5.',
  );
  findings.expect(
    ai.maxTokens >= 1 && ai.maxTokens <= 8_192,
    'INVALID',
    at('ai', 'maxTokens'),
    'It is a number from 1 to 8192.',
  );
  const temperature = Number(ai.temperature);
  findings.expect(
    temperature >= 0 && temperature <= 1,
    'INVALID',
    at('ai', 'temperature'),
    'It is a number from 0 to 1, such as "0.3".',
  );
  findings.expectText(ai.prompts.system, { max: systemPrompt }, at('ai', 'prompts', 'system'));
  for (const name of ['greeting', 'escalation'] as const) {
    findings.expectText(ai.prompts[name], { max: longText }, at('ai', 'prompts', name));
  }
  findings.expectText(branding.displayName, { min: 1, max: 100 }, at('branding', 'displayName'));
  findings.expect(
    branding.logoUrl === null || isWebAddress(branding.logoUrl),
    'INVALID',
    at('branding', 'logoUrl'),
    'It is an https address with at most 2,048 characters.',
  );
  findings.expect(
    branding.color === null || /^#[0-9a-f]{6}$/i.test(branding.color),
    'INVALID',
    at('branding', 'color'),
    'It is a colour like "#8a5a2b".',
  );
  checkCustom(findings, custom);
  findings.settle();
}

function checkZones(findings: Findings, zones: readonly ShippingZone[]): void {
  const field = ['input', 'business', 'shipping', 'zones'];
  findings.expect(zones.length <= 100, 'TOO_LONG', field, 'There may be at most 100.');
  const names = new Set<string>();
  zones.slice(0, 100).forEach((zone, index) => {
    const here = [...field, String(index)];
    findings.expectText(zone.name, { min: 1, max: 100 }, [...here, 'name']);
    const unlike = !names.has(zone.name);
    findings.expect(unlike, 'INVALID', [...here, 'name'], 'Another zone has this name.');
    names.add(zone.name);
    const charged = !zone.cost.amount.startsWith('-');
    findings.expect(charged, 'INVALID', [...here, 'cost'], 'It cannot be less than nothing.');
    checkDays(findings, zone.estimatedDays, [...here, 'estimatedDays']);
  });
}

function checkDays(findings: Findings, days: DayRange | null, field: readonly string[]): void {
  findings.expect(
    days === null || (days.min >= 0 && days.min <= days.max && days.max <= 365),
    'INVALID',
    field,
    'It is a range from 0 to 365 days, the smaller number first.',
  );
}

function checkCustom(findings: Findings, custom: Settings['custom']): void {
  const field = ['input', 'custom'];
  const keys = Object.keys(custom);
  findings.expect(keys.length <= 100, 'TOO_LONG', field, 'There may be at most 100 keys.');
  findings.expect(
    keys.every((key) => /^[\w.-]{1,100}$/.test(key)),
    'INVALID',
    field,
    'A key has 1 to 100 letters, digits, points, dashes or underscores.',
  );
  findings.expectJson(custom, 20_000, field);
}

/** https alone: a page that is served over https shows no picture from elsewhere. */
function isWebAddress(text: string): boolean {
  return text.length <= 2_048 && URL.canParse(text) && new URL(text).protocol === 'https:';
}
