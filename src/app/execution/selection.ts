import {
  type FieldNode,
  type GraphQLField,
  GraphQLID,
  type GraphQLObjectType,
  type GraphQLOutputType,
  type GraphQLResolveInfo,
  GraphQLString,
  getNullableType,
  isLeafType,
  isNonNullType,
  type OperationDefinitionNode,
  type SelectionSetNode,
  TypeNameMetaFieldDef,
} from 'graphql';
import { collectFields, collectSubfields } from 'graphql/execution/collectFields.js';
import { getFieldDef } from 'graphql/execution/execute.js';
import { argumentsReader } from './arguments.ts';
import { completion, type Place } from './completion.ts';
import type { Complete, Execution, Path, Plan, Position, SelectFields } from './execution.ts';
import { isPromise, Later, placeLater } from './later.ts';

type Field = GraphQLField<unknown, unknown>;

export function collectRootFields(
  { schema, fragments, conditions }: Plan,
  type: GraphQLObjectType,
  selectionSet: SelectionSetNode,
): Map<string, readonly FieldNode[]> {
  return collectFields(schema, fragments, conditions, type, selectionSet);
}

/**
 * The function is written as JavaScript: with its fields named in it, V8 makes the answer's object in
 * one go and reads each property of the rows where it lies. Loops over names took twice as long.
 * Nothing but names of the document and the schema (letters, digits, `_`) get into the text.
 */
export function compileFields(
  plan: Plan,
  type: GraphQLObjectType,
  fieldNodes: ReadonlyMap<string, readonly FieldNode[]>,
  up: number,
): SelectFields {
  const fields: CompiledField[] = [];
  const values: string[] = [];
  const steps: string[] = [];
  for (const [key, nodes] of fieldNodes) {
    const definition = nodes[0] && (getFieldDef(plan.schema, type, nodes[0]) as Field | null);
    if (!definition) continue;
    // A literal's "__proto__" would be something else.
    const name = key === '__proto__' ? '["__proto__"]' : JSON.stringify(key);
    if (definition === TypeNameMetaFieldDef) {
      values.push(`${name}: ${JSON.stringify(type.name)}`);
      continue;
    }
    const index = fields.length;
    fields.push(new CompiledField(plan, type, key, nodes, definition, up));
    values.push(`${name}: value${index}`);
    steps.push(stepOf(index, definition));
  }
  const declared = fields.map(
    (_, index) =>
      `const field${index} = fields[${index}], { finish: finish${index}, definition: { resolve: resolve${index} } } = field${index};`,
  );
  const made = new Function(
    'fields',
    'placeLater',
    'Info',
    'noArguments',
    `"use strict";
    ${declared.join('\n')}
    const nothing = Object.create(null);
    return (x, source, path) => {
      const row = (typeof source === "object" && source !== null) || typeof source === "function" ? source : nothing;
      const before = x.unplaced;
      let ${['value', ...fields.map((_, index) => `value${index}`)].join(', ')};
      ${steps.join('\n')}
      const answer = { ${values.join(', ')} };
      if (x.unplaced !== before) placeLater(x, answer, before);
      return answer;
    };`,
  );
  plan.hasGrown();
  return made(fields, placeLater, Info, noArguments) as SelectFields;
}

/** Reads one field into `value<index>`. A text that is asked for as one is answered as it is. */
function stepOf(index: number, { name, type, args, resolve }: Field): string {
  const field = `field${index}`;
  const named = getNullableType(type);
  const isText = named === GraphQLString || named === GraphQLID;
  const read =
    resolve === undefined
      ? `value = row.${name}; if (typeof value === "function") value = ${field}.call(x, row, path);`
      : `value = resolve${index}(source, ${args.length === 0 ? 'noArguments' : `${field}.arguments(x)`}, x.context, new Info(${field}, x, path, undefined));`;
  const finish = `finish${index}(x, value, path)`;
  const finished = isText ? `typeof value === "string" ? value : ${finish}` : finish;
  return `try { ${read} value${index} = ${finished}; } catch (error) { value${index} = ${field}.fail(x, error, path); }`;
}

const noArguments: Record<string, unknown> = Object.freeze({});

/** A field at one place of an operation, and what can be known of it before it is executed. */
class CompiledField implements Place, Position {
  readonly plan: Plan;
  readonly parentType: GraphQLObjectType;
  readonly key: string;
  readonly nodes: readonly FieldNode[];
  readonly definition: Field;
  readonly fieldName: string;
  readonly up: number;
  readonly complete: Complete;
  readonly finish: Complete;
  readonly #number: number;
  #readArguments: ReturnType<typeof argumentsReader> | undefined;

  constructor(
    plan: Plan,
    parentType: GraphQLObjectType,
    key: string,
    nodes: readonly FieldNode[],
    definition: Field,
    parentUp: number,
  ) {
    this.plan = plan;
    this.parentType = parentType;
    this.key = key;
    this.nodes = nodes;
    this.definition = definition;
    this.fieldName = definition.name;
    this.up = isNonNullType(definition.type) ? parentUp + 1 : 0;
    this.complete = completion(this, definition.type, this.up);
    this.finish = this.#finishing(definition.type);
    this.#number = plan.nextNumber();
  }

  /** What was read → what is answered. A leaf needs no path: if it fails, it is made then. */
  #finishing(type: GraphQLOutputType): Complete {
    const { complete } = this;
    const isLeaf = isLeafType(getNullableType(type));
    return (x, value, parent) => {
      if (isPromise(value)) return new Later(x, value, this, this.pathIn(parent));
      return complete(x, value, isLeaf ? undefined : this.pathIn(parent));
    };
  }

  /** A property that is a function, as graphql-js calls it. */
  call(x: Execution, row: Record<string, Callable>, parent: Path | undefined): unknown {
    const info = new Info(this, x, parent, undefined);
    return row[this.fieldName]?.(this.arguments(x), x.context, info);
  }

  fail(x: Execution, error: unknown, parent: Path | undefined): null {
    return x.fail(error, this, this.pathIn(parent));
  }

  compileSelection(type: GraphQLObjectType, up: number): SelectFields {
    const { schema, fragments, conditions } = this.plan;
    const fields = collectSubfields(schema, fragments, conditions, type, this.nodes);
    return compileFields(this.plan, type, fields, up);
  }

  /** For an item of a list too it tells the field's path. */
  info(x: Execution, path: Path | undefined): GraphQLResolveInfo {
    let own = path;
    while (typeof own?.key === 'number') own = own.prev;
    return new Info(this, x, undefined, own);
  }

  pathIn(prev: Path | undefined): Path {
    return { prev, key: this.key, typename: this.parentType.name };
  }

  arguments(x: Execution): Record<string, unknown> {
    const [node] = this.nodes;
    if (this.definition.args.length === 0 || node === undefined) return noArguments;
    const known = x.arguments[this.#number];
    if (known !== undefined) return known;
    this.#readArguments ??= argumentsReader(this.definition, node);
    const read = this.#readArguments(x.variables);
    x.arguments[this.#number] = read;
    return read;
  }
}

type Callable = (args: object, context: unknown, info: GraphQLResolveInfo) => unknown;

/** What a resolver hears of the operation. Made for every call and hardly ever looked at: it only points there. */
class Info implements GraphQLResolveInfo {
  readonly field: CompiledField;
  readonly x: Execution;
  readonly parent: Path | undefined;
  readonly own: Path | undefined;

  constructor(
    field: CompiledField,
    x: Execution,
    parent: Path | undefined,
    path: Path | undefined,
  ) {
    this.field = field;
    this.x = x;
    this.parent = parent;
    this.own = path;
  }

  get fieldName(): string {
    return this.field.fieldName;
  }
  get fieldNodes(): readonly FieldNode[] {
    return this.field.nodes;
  }
  get returnType(): GraphQLOutputType {
    return this.field.definition.type;
  }
  get parentType(): GraphQLObjectType {
    return this.field.parentType;
  }
  get path(): Path {
    return this.own ?? this.field.pathIn(this.parent);
  }
  get schema() {
    return this.field.plan.schema;
  }
  get fragments() {
    return this.field.plan.fragments;
  }
  get operation(): OperationDefinitionNode {
    return this.field.plan.node;
  }
  get rootValue(): unknown {
    return this.x.rootValue;
  }
  get variableValues(): Record<string, unknown> {
    return this.x.variables;
  }
}
