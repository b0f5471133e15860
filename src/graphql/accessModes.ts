import type { Permission } from '../auth/permissions.ts';
import type { Access } from './accessPlugin.ts';
import type { OperationContext } from './context.ts';

/** What `access` can say that is no permission. A new word there needs a line here, and no more. */
interface AccessMode {
  /** As `fieldAccess` tells it. */
  readonly mode: string;
  readonly description: string;
  /** Without its `@`. */
  readonly directive: string;
  /** Throws for whoever may not go on. */
  ask(context: OperationContext): void;
}

export const accessModes = {
  public: {
    mode: 'PUBLIC',
    description: 'For everyone, without signing in.',
    directive: 'public',
    ask: () => undefined,
  },
  caller: {
    mode: 'CALLER',
    description: 'For everyone with a credential, whether it is for a business or not.',
    directive: 'requiresCredential',
    ask: (context) => context.requireCaller(),
  },
  person: {
    mode: 'PERSON',
    description: 'For everyone who is signed in, in a business or not; for no API key.',
    directive: 'requiresPerson',
    ask: (context) => context.requirePerson(),
  },
  signedIn: {
    mode: 'SIGNED_IN',
    description: 'For everyone who is signed in to a business, and for every API key.',
    directive: 'requiresSignIn',
    ask: (context) => context.requireSignIn(),
  },
} as const satisfies Record<Exclude<Access, Permission>, AccessMode>;

export type FieldAccessMode =
  | (typeof accessModes)[keyof typeof accessModes]['mode']
  | 'PERMISSION'
  | 'PARENT';

/** undefined for a permission, and where nothing was declared. */
export const accessModeOf = (access: string | undefined): AccessModeOf | undefined =>
  access !== undefined && access in accessModes
    ? accessModes[access as keyof typeof accessModes]
    : undefined;

type AccessModeOf = (typeof accessModes)[keyof typeof accessModes];
