import { createHash } from 'node:crypto';
import {
  type DefinitionNode,
  type DocumentNode,
  type FragmentDefinitionNode,
  GraphQLError,
  type GraphQLSchema,
  Kind,
  type OperationDefinitionNode,
  parse,
  print,
  validate,
  visit,
} from 'graphql';
import { z } from 'zod';
import { refuseShape } from '../../graphql/armour/shapeLimits.ts';
import { refuseText } from '../../graphql/armour/textLimits.ts';
import { costOf } from '../../graphql/cost/operationCost.ts';

/** Documents by their ids, which are mostly SHA-256 hashes of them. */
export type Manifest = ReadonlyMap<string, string>;

/** As Apollo's generate-persisted-query-manifest writes it, and as GraphQL Code Generator and Relay do. */
const manifestSchema = z.union([
  z
    .object({
      format: z.literal('apollo-persisted-query-manifest'),
      operations: z.array(z.object({ id: z.string(), body: z.string() })),
    })
    .transform(({ operations }) => new Map(operations.map(({ id, body }) => [id, body]))),
  z.record(z.string(), z.string()).transform((documents) => new Map(Object.entries(documents))),
]);

/** Throws an Error that says what is expected. */
export function readManifest(json: string): Manifest {
  const parsed = manifestSchema.safeParse(JSON.parse(json));
  if (parsed.success) return parsed.data;
  throw new Error('it is expected to be {"<sha256>": "query …"}, or a manifest of Apollo’s');
}

/** Why documents could not run, a line each; what their pages cost is taken by their default sizes. */
export function findFaults(
  schema: GraphQLSchema,
  manifest: Manifest,
  maximumCost: number,
): string[] {
  return [...manifest].flatMap(([id, text]) =>
    faultsOf(schema, text, maximumCost).map((fault) => `${id.slice(0, 16)}: ${fault}`),
  );
}

function faultsOf(schema: GraphQLSchema, text: string, maximumCost: number): string[] {
  const refusal = refuseText(text);
  if (refusal !== null) return [refusal.message];
  try {
    const document = parse(text);
    const misshapen = refuseShape(document);
    if (misshapen !== null) return [misshapen.message];
    const errors = validate(schema, document);
    if (errors.length > 0) return errors.map(({ message }) => message);
    return operationsOf(document).flatMap(({ name }) => {
      const cost = costOf({ schema, document, operationName: name?.value }).requested;
      return cost > maximumCost ? [`It may cost ${cost} points; the most is ${maximumCost}.`] : [];
    });
  } catch (error) {
    if (error instanceof GraphQLError) return [error.message];
    throw error;
  }
}

const operationsOf = ({ definitions }: DocumentNode): OperationDefinitionNode[] =>
  definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);

/**
 * A manifest of the operations in several files, each with the fragments that it needs, whichever file
 * they are in. Throws an Error for a name that two have.
 */
export function makeManifest(texts: readonly string[]): Manifest {
  const definitions = texts.flatMap((text) => parse(text).definitions);
  const fragments = new Map<string, FragmentDefinitionNode>();
  for (const each of definitions) {
    if (each.kind !== Kind.FRAGMENT_DEFINITION) continue;
    const name = each.name.value;
    if (fragments.has(name)) throw new Error(`Two fragments are called ${name}.`);
    fragments.set(name, each);
  }
  const operations = definitions.filter((each) => each.kind === Kind.OPERATION_DEFINITION);
  return new Map(
    operations.map((operation) => {
      const text = [...neededBy(operation, fragments)].map(print).join('\n\n');
      return [createHash('sha256').update(text).digest('hex'), text];
    }),
  );
}

function neededBy(
  operation: OperationDefinitionNode,
  fragments: ReadonlyMap<string, FragmentDefinitionNode>,
): Set<DefinitionNode> {
  const needed = new Set<DefinitionNode>([operation]);
  // A Set is walked on into what is added to it meanwhile.
  for (const definition of needed) {
    visit(definition, {
      FragmentSpread({ name }) {
        const fragment = fragments.get(name.value);
        if (fragment) needed.add(fragment);
      },
    });
  }
  return needed;
}
