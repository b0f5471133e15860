import { z } from 'zod';
import type { Money } from '../../graphql/money.ts';

export const tones = ['FORMAL', 'FRIENDLY', 'CASUAL'] as const;
export type Tone = (typeof tones)[number];

export interface DayRange {
  min: number;
  max: number;
}

export interface ShippingZone {
  name: string;
  cost: Money;
  /** null: as for shipping in general. */
  estimatedDays: DayRange | null;
}

export interface BusinessSettings {
  communication: {
    tone: Tone;
    emojis: boolean;
    typicalPhrases: string[];
    greeting: string | null;
    closing: string | null;
  };
  shipping: { available: boolean; zones: ShippingZone[]; estimatedDays: DayRange | null };
  discounts: { negotiable: boolean; maxPercent: string; bulk: boolean };
}

export interface AiSettings {
  model: string;
  maxTokens: number;
  /** A decimal from 0 to 1, as text. */
  temperature: string;
  retrieval: boolean;
  prompts: { system: string | null; greeting: string | null; escalation: string | null };
}

export interface BrandingSettings {
  displayName: string | null;
  logoUrl: string | null;
  /** `#rrggbb`. */
  color: string | null;
}

export interface Settings {
  business: BusinessSettings;
  ai: AiSettings;
  branding: BrandingSettings;
  custom: Record<string, unknown>;
}

/** What the assistant starts with, by plan: a smaller model and shorter answers where tokens are few. */
const aiByPlan: Readonly<Record<string, Pick<AiSettings, 'model' | 'maxTokens' | 'retrieval'>>> = {
  BASIC: { model: 'claude-haiku-4-5', maxTokens: 512, retrieval: false },
  PREMIUM: { model: 'claude-sonnet-4-5', maxTokens: 1024, retrieval: true },
};
const largestAi = { model: 'claude-sonnet-4-5', maxTokens: 2048, retrieval: true };

/**
 * What is stored → settings. What a business never set, or an older version wrote otherwise, reads as
 * the default of its plan: a row never makes an answer fail. The caller owns what it gets.
 */
export function readSettings(
  stored: Readonly<Record<keyof Settings, unknown>>,
  plan: string,
): Settings {
  const ai = aiByPlan[plan] ?? largestAi;
  return {
    business: businessShape.parse(stored.business),
    ai: aiShape(ai).parse(stored.ai),
    branding: brandingShape.parse(stored.branding),
    custom: z.record(z.string(), z.unknown()).catch({}).parse(stored.custom),
  };
}

/** The settings of a business that has not chosen any. */
export const defaultSettings = (plan: string): Settings =>
  readSettings({ business: {}, ai: {}, branding: {}, custom: {} }, plan);

const text = z.string().nullable().catch(null);
const decimal = (fallback: string) =>
  z.union([z.string(), z.number()]).transform(String).catch(fallback);
const days = z.object({ min: z.number(), max: z.number() });
/** An object whose every field has a fallback, and so has it: nested defaults need no second list. */
const section = <Shape extends z.ZodRawShape>(shape: Shape) =>
  z.preprocess(
    (value) => (typeof value === 'object' && value !== null ? value : {}),
    z.object(shape),
  );

const businessShape = section({
  communication: section({
    tone: z.enum(tones).catch('FRIENDLY'),
    emojis: z.boolean().catch(false),
    typicalPhrases: z.array(z.string()).catch([]),
    greeting: text,
    closing: text,
  }),
  shipping: section({
    available: z.boolean().catch(false),
    zones: z
      .array(
        z.object({
          name: z.string(),
          cost: z.object({ amount: z.string(), currencyCode: z.string() }),
          estimatedDays: days.nullable().catch(null),
        }),
      )
      .catch([]),
    estimatedDays: days.nullable().catch(null),
  }),
  discounts: section({
    negotiable: z.boolean().catch(false),
    maxPercent: decimal('0'),
    bulk: z.boolean().catch(false),
  }),
});

const aiShape = (plan: Pick<AiSettings, 'model' | 'maxTokens' | 'retrieval'>) =>
  section({
    model: z.string().catch(plan.model),
    maxTokens: z.number().catch(plan.maxTokens),
    temperature: decimal('0.3'),
    retrieval: z.boolean().catch(plan.retrieval),
    prompts: section({ system: text, greeting: text, escalation: text }),
  });

const brandingShape = section({ displayName: text, logoUrl: text, color: text });
