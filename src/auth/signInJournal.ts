import type { Membership } from './lookups.ts';
import type { RequestFacts } from './principal.ts';

/** Who comes in, and where. */
export interface Entrant {
  readonly userId: string;
  readonly name: string;
  readonly membership: Membership;
}

/** Where sign-ins are written down. */
export interface SignInJournal {
  /** Resolves when it is written: nobody is signed in without. */
  succeeded(who: Entrant, facts: RequestFacts): Promise<void>;
  /** The same, for who is signed in and comes from another business. */
  switched(who: Entrant, facts: RequestFacts): Promise<void>;
  /** Somebody knew a person's address and not the rest. Returns at once; undefined: nowhere to write it. */
  failed(findMembership: () => Promise<Membership | undefined>, facts: RequestFacts): void;
}
