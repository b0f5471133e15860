import SchemaBuilder, {
  BasePlugin,
  type PothosOutputFieldConfig,
  type PothosTypeConfig,
  type SchemaTypes,
} from '@pothos/core';
import type { Feature } from '../auth/gates.ts';
import type { Permission } from '../auth/permissions.ts';

/**
 * `'public'`: for everyone; `'caller'`: for everyone with a credential, in a business or not;
 * `'person'`: the same, but for API keys; `'signedIn'`: for everyone in a business; else the
 * permission that it needs there.
 */
export type Access = Permission | 'public' | 'caller' | 'person' | 'signedIn';

declare global {
  export namespace PothosSchemaTypes {
    export interface Plugins<Types extends SchemaTypes> {
      access: AccessPlugin<Types>;
    }
    export interface BaseTypeOptions {
      /**
       * What reading an object of this type needs, whatever field leads to it. Every type with an id
       * says it; one without is part of what it is in.
       */
      access?: Permission | 'signedIn';
      /** What the business has to have for it, as at a field. */
      feature?: Feature;
      plan?: string;
    }
    export interface FieldOptions {
      /** Who may read or call this field. Every root field says it. */
      access?: Access;
      /** The feature that the business has to have, by its plan or by agreement; see gates.ts. */
      feature?: Feature;
      /** The smallest plan that has it, by its code. A feature is better: plans are data, and change. */
      plan?: string;
      /**
       * Whether this parent has something here at all. Where it has not, the field is null for
       * everyone: a refusal would only spoil answers that have nothing to withhold.
       */
      present?(parent: never): boolean;
    }
  }
}

interface Declared {
  readonly access?: Access;
  readonly feature?: Feature;
  readonly plan?: string;
  readonly present?: unknown;
}

/** Root fields are nullable, whatever declares them: one that is refused takes no other with it. */
const roots: readonly string[] = ['Query', 'Mutation', 'Subscription'];

/** Carries what is declared into the schema's `extensions`; enforceAccess.ts acts on it there. */
class AccessPlugin<Types extends SchemaTypes> extends BasePlugin<Types> {
  override onTypeConfig(config: PothosTypeConfig): PothosTypeConfig {
    const { access, feature, plan } = config.pothosOptions as Declared;
    return { ...config, extensions: { ...config.extensions, access, feature, plan } };
  }

  override onOutputFieldConfig(
    config: PothosOutputFieldConfig<Types>,
  ): PothosOutputFieldConfig<Types> {
    const { access, feature, plan, present } = config.pothosOptions as Declared;
    const type = roots.includes(config.kind) ? { ...config.type, nullable: true } : config.type;
    return {
      ...config,
      type,
      extensions: { ...config.extensions, access, feature, plan, present },
    };
  }
}

SchemaBuilder.registerPlugin('access', AccessPlugin);
