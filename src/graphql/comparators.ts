import type { EnumRef } from '@pothos/core';
import { type IdType, readId } from '../lib/ids.ts';
import { builder } from './builder.ts';

const all = 'Conditions inside one comparator must all hold.';

export const StringComparator = builder.inputType('StringComparator', {
  description: `Compares a text. ${all}`,
  fields: (t) => ({
    eq: t.string({ description: 'Exactly this.' }),
    in: t.stringList({ description: 'One of these.' }),
    contains: t.string({ description: 'Has this anywhere in it; case and accents do not matter.' }),
    startsWith: t.string({ description: 'Begins with exactly this.' }),
    isNull: t.boolean({ description: 'true: has no value; false: has one.' }),
  }),
});

export const TextListComparator = builder.inputType('TextListComparator', {
  description: `Compares a list of texts, such as tags. ${all}`,
  fields: (t) => ({
    containsAll: t.stringList({ description: 'Has every one of these.' }),
    containsAny: t.stringList({ description: 'Has at least one of these.' }),
  }),
});

export const BooleanComparator = builder.inputType('BooleanComparator', {
  description: 'Compares a yes or no.',
  fields: (t) => ({ eq: t.boolean({ description: 'Exactly this.' }) }),
});

export const IntComparator = builder.inputType('IntComparator', {
  description: `Compares a whole number. ${all}`,
  fields: (t) => ({
    eq: t.int({ description: 'Exactly this.' }),
    gt: t.int({ description: 'More than this.' }),
    gte: t.int({ description: 'This or more.' }),
    lt: t.int({ description: 'Less than this.' }),
    lte: t.int({ description: 'This or less.' }),
    isNull: t.boolean({ description: 'true: has no value; false: has one.' }),
  }),
});

export const DecimalComparator = builder.inputType('DecimalComparator', {
  description: `Compares an exact decimal. ${all}`,
  fields: (t) => ({
    eq: t.field({ type: 'Decimal', description: 'Exactly this.' }),
    gt: t.field({ type: 'Decimal', description: 'More than this.' }),
    gte: t.field({ type: 'Decimal', description: 'This or more.' }),
    lt: t.field({ type: 'Decimal', description: 'Less than this.' }),
    lte: t.field({ type: 'Decimal', description: 'This or less.' }),
  }),
});

export const DateTimeComparator = builder.inputType('DateTimeComparator', {
  description: `Compares a moment. ${all}`,
  fields: (t) => ({
    gt: t.field({ type: 'DateTime', description: 'After this moment.' }),
    gte: t.field({ type: 'DateTime', description: 'At this moment or after it.' }),
    lt: t.field({ type: 'DateTime', description: 'Before this moment.' }),
    lte: t.field({ type: 'DateTime', description: 'At this moment or before it.' }),
    isNull: t.boolean({ description: 'true: has no value; false: has one.' }),
  }),
});

export const IdComparator = builder.inputType('IDComparator', {
  description: `Compares a reference to another object. ${all}`,
  fields: (t) => ({
    eq: t.id({ description: 'Exactly this object.' }),
    in: t.idList({ description: 'One of these objects.' }),
    isNull: t.boolean({ description: 'true: refers to none; false: refers to one.' }),
  }),
});

/** Typed ids → UUIDs; an id of another type is refused, for it could only ever match nothing. */
export function readIdComparator(
  asked: typeof IdComparator.$inferInput | null | undefined,
  type: IdType,
): { eq?: string | undefined; in?: string[] | undefined; isNull?: boolean | null | undefined } {
  return {
    eq: asked?.eq == null ? undefined : readId(asked.eq, type),
    in: asked?.in?.map((id) => readId(id, type)),
    isNull: asked?.isNull,
  };
}

/** `<Enum>Comparator` with `eq` and `in`. */
export function enumComparator<Value extends string>(name: string, type: EnumRef<never, Value>) {
  return builder.inputType(`${name}Comparator`, {
    description: `Compares a ${name}. ${all}`,
    fields: (t) => ({
      eq: t.field({ type, description: 'Exactly this.' }),
      in: t.field({ type: [type], description: 'One of these.' }),
    }),
  });
}

export const SortDirection = builder.enumType('SortDirection', {
  description: 'Which end of an order comes first.',
  values: {
    ASC: { description: 'Smallest, oldest or A first.' },
    DESC: { description: 'Largest, newest or Z first.' },
  } as const,
});
