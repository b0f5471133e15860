import type { AuditActorKind } from '../db/tables/auditEvents.ts';
import type { MemberRole } from '../db/tables/members.ts';
import type { TenantStatus } from '../db/tables/tenants.ts';
import type { Permission } from './permissions.ts';

/** What a business may use, by its plan and by what was agreed beside it. */
export interface Standing {
  readonly plan: string;
  /** The plan and all smaller ones: what `@requiresPlan` asks for. */
  readonly reaches: ReadonlySet<string>;
  /** Codes of the features that it has. */
  readonly features: ReadonlySet<string>;
  /** Meter → highest value in its period; a missing meter is unlimited. */
  readonly limits: Readonly<Record<string, number>>;
}

interface InTenant extends Standing {
  readonly tenantId: string;
  readonly tenantSlug: string;
  readonly tenantStatus: TenantStatus;
  /** Shown in audit events and logs. */
  readonly name: string;
  readonly permissions: ReadonlySet<Permission>;
}

export interface UserPrincipal extends InTenant {
  readonly kind: 'USER';
  readonly userId: string;
  readonly sessionId: string;
  readonly memberId: string;
  readonly email: string;
  readonly role: MemberRole;
}

export interface ApiKeyPrincipal extends InTenant {
  readonly kind: 'API_KEY';
  readonly apiKeyId: string;
  /** What its scopes grant, also while its business is suspended. */
  readonly granted: ReadonlySet<Permission>;
  /** What it may spend of its business's budget; null: the usual part. */
  readonly costPerMinute: number | null;
}

/** Who asks, and for which tenant: what a JWT and an API key both become. */
export type Principal = UserPrincipal | ApiKeyPrincipal;

/**
 * A person whose token is for no business, for they belong to none (yet): they can look after their
 * account, make a business or accept an invitation, and no tenant is ever set for them.
 */
export interface AccountPrincipal {
  readonly kind: 'ACCOUNT';
  readonly userId: string;
  readonly sessionId: string;
  readonly name: string;
  readonly email: string;
}

export type Caller = Principal | AccountPrincipal;

/** A person, wherever their token is for: whose account it is, and which session asks. */
export type Person = UserPrincipal | AccountPrincipal;

/** Who acts, from where: what the audit log writes down. */
export interface Actor {
  readonly kind: AuditActorKind;
  /** The user's or the key's id; null for the system and for an operator's command line. */
  readonly id: string | null;
  readonly name: string;
  /** The member behind a user, as author of what they write. */
  readonly memberId: string | null;
  readonly permissions: ReadonlySet<Permission>;
  readonly requestId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** What the HTTP layer knows of a request. */
export interface RequestFacts {
  readonly requestId: string;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

export function actorOf(principal: Principal, request: RequestFacts): Actor {
  return {
    kind: principal.kind,
    id: principal.kind === 'USER' ? principal.userId : principal.apiKeyId,
    name: principal.name,
    memberId: principal.kind === 'USER' ? principal.memberId : null,
    permissions: principal.permissions,
    ...request,
  };
}
