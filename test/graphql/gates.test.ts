import SchemaBuilder from '@pothos/core';
import { type ExecutionResult, execute, type GraphQLSchema, parse, subscribe } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { executeCompiled } from '../../src/app/compiledExecution.ts';
import '../../src/graphql/accessPlugin.ts';
import type { Feature } from '../../src/auth/gates.ts';
import { createPlanCatalogue } from '../../src/auth/planCatalogue.ts';
import { OperationContext, type Services } from '../../src/graphql/context.ts';
import { enforceAccess } from '../../src/graphql/enforceAccess.ts';
import { type Asked, lookAhead, relation } from '../../src/graphql/lookAhead.ts';
import { overrideFeature, putOnPlan } from '../support/plans.ts';
import { startTestServer, type TestServer } from '../support/server.ts';
import { whoAsksWith } from './support/authenticator.ts';

// Gates where the product has none yet: at types, behind interfaces, on plans, in subscriptions. A small
// schema, enforced by the same code, for a real key on a real database.

/** Hands events on when it is told to. */
class Source {
  readonly #waiting: ((event: IteratorResult<string>) => void)[] = [];
  readonly #events: IteratorResult<string>[] = [];
  closed = false;

  push(value: string): void {
    this.#give({ done: false, value });
  }

  #give(event: IteratorResult<string>): void {
    const reader = this.#waiting.shift();
    if (reader === undefined) this.#events.push(event);
    else reader(event);
  }

  [Symbol.asyncIterator](): AsyncIterator<string> {
    return {
      next: () => {
        const event = this.#events.shift();
        if (event !== undefined) return Promise.resolve(event);
        return new Promise((resolve) => this.#waiting.push(resolve));
      },
      return: () => {
        this.closed = true;
        this.#give({ done: true, value: undefined });
        return Promise.resolve({ done: true, value: undefined });
      },
    };
  }
}

let source = new Source();
let seen: Asked | undefined;
const read: string[] = [];

function buildTinySchema(feature: Feature): GraphQLSchema {
  const builder = new SchemaBuilder<{ Context: OperationContext }>({ plugins: ['access'] });
  const Thing = builder.interfaceRef<{ name: string }>('Thing').implement({
    fields: (t) => ({ name: t.exposeString('name', { nullable: true }) }),
  });
  const Gated = builder.objectRef<{ name: string }>('Gated').implement({
    feature,
    interfaces: [Thing],
    isTypeOf: () => true,
    fields: (t) => ({
      secret: t.string({
        nullable: true,
        resolve: ({ name }) => {
          read.push(name);
          return 'secret';
        },
      }),
    }),
  });
  const Open = builder.objectRef<object>('Open').implement({
    fields: (t) => ({
      gated: t.field({
        type: Gated,
        nullable: true,
        extensions: relation(),
        resolve: () => ({ name: 'nested' }),
      }),
    }),
  });
  builder.queryType({
    fields: (t) => ({
      one: t.field({
        type: Gated,
        nullable: true,
        access: 'signedIn',
        resolve: () => ({ name: 'one' }),
      }),
      many: t.field({
        type: [Gated],
        nullable: true,
        access: 'signedIn',
        resolve: () => [{ name: 'many' }],
      }),
      thing: t.field({
        type: Thing,
        nullable: true,
        access: 'signedIn',
        resolve: () => ({ name: 'thing' }),
      }),
      open: t.field({
        type: Open,
        nullable: true,
        access: 'signedIn',
        resolve: (_parent, _args, _context, info) => {
          seen = lookAhead(info);
          return {};
        },
      }),
      large: t.string({
        nullable: true,
        access: 'signedIn',
        plan: 'PREMIUM',
        resolve: () => 'large',
      }),
    }),
  });
  builder.subscriptionType({
    fields: (t) => ({
      events: t.string({
        nullable: true,
        access: 'signedIn',
        feature,
        subscribe: () => source,
        resolve: (event) => event as string,
      }),
    }),
  });
  return enforceAccess(builder.toSchema());
}

const schema = buildTinySchema('USAGE_ANALYTICS');
let server: TestServer;
let services: Services;

beforeAll(async () => {
  server = await startTestServer();
  services = { planCatalogue: createPlanCatalogue(server.database) } as Services;
});
afterAll(() => server?.close());

async function contextOf(): Promise<OperationContext> {
  const renew = () => whoAsksWith(server, server.apiKey);
  return new OperationContext(services, {
    ...(await renew()),
    ...{ renew, selectedTenantId: undefined, isOnlyField: true },
    request: { requestId: 'r', ip: null, userAgent: null },
    reply: {} as OperationContext['reply'],
  });
}

/** Interpreted, then compiled: the second time of a document. */
async function ask(text: string): Promise<ExecutionResult[]> {
  const document = parse(text);
  const contextValue = await contextOf();
  const interpreted = await execute({ schema, document, contextValue });
  await executeCompiled({ schema, document, contextValue });
  return [interpreted, await executeCompiled({ schema, document, contextValue })];
}

const refusalsIn = ({ errors = [] }: ExecutionResult) =>
  errors.map(({ path, originalError }) => {
    const { extensions } = originalError as unknown as { extensions: object };
    return { at: path?.join('.'), ...extensions };
  });

const needed = {
  reason: 'PLAN',
  feature: 'USAGE_ANALYTICS',
  plans: ['PREMIUM', 'ENTERPRISE', 'CUSTOM'],
};

describe('a gate at a type', () => {
  const query = `{ one { secret } two: one { ...S } many { secret } open { gated { secret } }
    thing { name ... on Gated { secret } } } fragment S on Gated { secret }`;
  const places = ['one', 'two', 'many', 'thing', 'open.gated'];

  test('closes every way to it, and what is behind it is never read', async () => {
    await putOnPlan(server, 'lumen', 'BASIC');
    read.length = 0;
    for (const result of await ask(query)) {
      const refusals = refusalsIn(result);
      expect(refusals.map(({ at }) => at).sort()).toEqual([...places].sort());
      for (const refusal of refusals) expect(refusal).toMatchObject(needed);
      expect(result.data).toEqual({
        ...{ one: null, two: null, many: null, thing: null },
        open: { gated: null },
      });
    }
    expect(read).toEqual([]);
  });

  test('closes nothing where the plan has it', async () => {
    await putOnPlan(server, 'lumen', 'PREMIUM');
    for (const { errors } of await ask(query)) expect(errors).toBeUndefined();
    expect(read.length).toBeGreaterThan(0);
  });

  test('tells the look-ahead, so that a statement does not bring it along', async () => {
    const [gated] = seen?.relations ?? [];
    expect(gated).toMatchObject({ name: 'gated', checks: ['feature=USAGE_ANALYTICS'] });
    await putOnPlan(server, 'lumen', 'BASIC');
    const context = await contextOf();
    expect(gated?.checks.every((each) => context.allows(each))).toBe(false);
  });
});

test('a gate at a plan is open from that plan on, whatever is granted beside it', async () => {
  for (const [plan, large] of [
    ['BASIC', null],
    ['PREMIUM', 'large'],
    ['CUSTOM', 'large'],
  ] as const) {
    await putOnPlan(server, 'lumen', plan);
    for (const result of await ask('{ large }')) {
      expect(result.data).toEqual({ large });
      const expected = { at: 'large', reason: 'PLAN', plan: 'PREMIUM', plans: needed.plans };
      expect(refusalsIn(result)).toEqual(large ? [] : [expect.objectContaining(expected)]);
    }
  }
});

describe('a subscription', () => {
  const start = async () => {
    source = new Source();
    const contextValue = await contextOf();
    const document = parse('subscription { alias: events }');
    return (await subscribe({
      schema,
      document,
      contextValue,
    })) as AsyncGenerator<ExecutionResult> & ExecutionResult;
  };

  test('is not begun without the feature', async () => {
    await putOnPlan(server, 'lumen', 'BASIC');
    const refused = await start();
    expect(refusalsIn(refused)).toEqual([expect.objectContaining({ at: 'alias', ...needed })]);
  });

  test('ends with a reason at the first event after a downgrade', async () => {
    await putOnPlan(server, 'lumen', 'PREMIUM');
    const events = await start();
    source.push('first');
    expect((await events.next()).value).toEqual({ data: { alias: 'first' } });
    await putOnPlan(server, 'lumen', 'BASIC');
    source.push('second');
    source.push('third');
    const { value } = await events.next();
    expect(value.data).toEqual({ alias: null });
    expect(refusalsIn(value)).toEqual([expect.objectContaining({ at: 'alias', ...needed })]);
    expect(await events.next()).toEqual({ done: true, value: undefined });
    expect(source.closed).toBe(true);
  });

  test('ends when a feature is withheld, and when the key is revoked', async () => {
    await putOnPlan(server, 'lumen', 'PREMIUM');
    const events = await start();
    await overrideFeature(server, 'lumen', 'USAGE_ANALYTICS', false);
    source.push('first');
    const { value } = await events.next();
    expect(refusalsIn(value)[0]).toMatchObject({
      reason: 'PLAN',
      fix: expect.stringContaining('withheld'),
    });
    await overrideFeature(server, 'lumen', 'USAGE_ANALYTICS', undefined);

    const others = await start();
    source.push('first');
    expect((await others.next()).value.errors).toBeUndefined();
    await server.asAdmin('update app.api_keys set revoked_at = now()');
    source.push('second');
    expect((await others.next()).value.errors[0].originalError.code).toBe('UNAUTHENTICATED');
    expect((await others.next()).done).toBe(true);
    await server.asAdmin('update app.api_keys set revoked_at = null');
  });

  test('is let go of at once by a client that leaves, also while nothing happens', async () => {
    await putOnPlan(server, 'lumen', 'PREMIUM');
    const events = await start();
    const waiting = events.next();
    await events.return(undefined);
    expect((await waiting).done).toBe(true);
    expect(source.closed).toBe(true);
  });
});
