import { builder } from '../../graphql/builder.ts';
import { type CostEstimate, type DocumentProblem, estimateCost } from './costEstimate.ts';

const percent = (part: number, whole: number): number => Math.round((100 * part) / whole);

interface PricedPath {
  readonly path: string;
  readonly coordinate: string;
  readonly points: number;
  /** Of the whole, in percent. */
  readonly share: number;
}

const PricedPathType = builder.objectRef<PricedPath>('PricedPath').implement({
  description: 'A place in an operation, and what it costs.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'By the names in the answer: `conversations.nodes.messages`.',
    }),
    fieldCoordinate: t.exposeString('coordinate', {
      description: 'The field of the schema: `Conversation.messages`.',
    }),
    points: t.exposeInt('points', {
      description: 'Its own at all the rows that it is asked of, without what is asked below it.',
    }),
    sharePercent: t.exposeInt('share', { description: 'Of the whole operation.' }),
  }),
});

interface Advice {
  readonly path: string;
  readonly from: number;
  readonly to: number;
  readonly points: number;
  readonly saved: number;
}

const CostAdviceType = builder.objectRef<Advice>('CostAdvice').implement({
  description: 'A smaller page, and what the operation costs with it.',
  fields: (t) => ({
    path: t.exposeString('path', {
      description: 'The list, by the names in the answer: `conversations.nodes.messages`.',
    }),
    from: t.exposeInt('from', { description: 'How many rows are asked for.' }),
    to: t.exposeInt('to', { description: 'How many to ask for instead.' }),
    points: t.exposeInt('points', { description: 'What the whole operation costs then.' }),
    savedPercent: t.exposeInt('saved', { description: 'Of what it costs now.' }),
    message: t.string({
      description: 'The same for people.',
      resolve: ({ path, from, to, saved }) =>
        `Ask for ${to} instead of ${from} at ${path}: it saves ${saved} %.`,
    }),
  }),
});

const DocumentProblemType = builder.objectRef<DocumentProblem>('DocumentProblem').implement({
  description: 'Why an operation would not run.',
  fields: (t) => ({
    message: t.exposeString('message', { description: 'What is wrong with it.' }),
    line: t.exposeInt('line', { nullable: true, description: 'Where, from 1.' }),
    column: t.exposeInt('column', { nullable: true, description: 'Where in the line, from 1.' }),
  }),
});

const CostEstimateType = builder.objectRef<CostEstimate>('CostEstimate').implement({
  description: 'What an operation may cost at most; nothing of it was executed.',
  fields: (t) => ({
    points: t.exposeInt('points', {
      nullable: true,
      description: 'The most that it can come to; null: it would not run, see `problems`.',
    }),
    maximum: t.exposeInt('maximum', {
      description: 'The most that one operation may cost; what may cost more is refused.',
    }),
    isWithinMaximum: t.boolean({
      description: 'Whether it may run.',
      resolve: ({ points, maximum }) => points !== null && points <= maximum,
    }),
    paths: t.field({
      type: [PricedPathType],
      description: 'Where the points are, the costliest place first; at most 50.',
      resolve: ({ paths, points }) =>
        paths.map(({ path, coordinate, cost }) => ({
          ...{ path, coordinate, points: cost, share: percent(cost, points ?? cost) },
        })),
    }),
    advice: t.field({
      type: CostAdviceType,
      nullable: true,
      description:
        'The least change that makes it run, or else the one that saves most; null: no page is larger than usual.',
      resolve: ({ smaller, points }) =>
        smaller && {
          ...{ path: smaller.path, from: smaller.from, to: smaller.to, points: smaller.cost },
          saved: 100 - percent(smaller.cost, points ?? smaller.cost),
        },
    }),
    problems: t.field({
      type: [DocumentProblemType],
      description: 'Why it would not run, at most 20; empty: it is valid.',
      resolve: ({ problems }) => problems,
    }),
  }),
});

builder.queryField('estimateCost', (t) =>
  t.field({
    type: CostEstimateType,
    nullable: true,
    access: 'signedIn',
    rateLimit: { limit: 120, window: 60, per: 'CALLER' },
    cost: { complexity: 10, each: 20, sizedBy: ['document'] },
    description:
      'What an operation may cost at most, where, and what would make it cheaper; it is not executed.',
    args: {
      document: t.arg.string({
        required: true,
        description: 'The operation, as it would be sent.',
      }),
      variables: t.arg({
        type: 'JSONObject',
        description: 'Its variables, as far as they say how many rows are asked for.',
      }),
      operationName: t.arg.string({ description: 'Which operation, where there are several.' }),
    },
    resolve: (_parent, { document, variables, operationName }, { services }, { schema }) =>
      estimateCost(
        schema,
        { document, variables: variables ?? {}, operationName: operationName ?? undefined },
        services.maximumCost,
      ),
  }),
);
