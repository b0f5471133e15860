import type { Membership } from './lookups.ts';
import type { RequestFacts } from './principal.ts';

/** Who comes in, and where. */
export interface Entrant {
  readonly userId: string;
  readonly name: string;
  readonly membership: Membership;
}

/** Where sign-ins are written down; those that failed: app.fail_sign_in(). */
export interface SignInJournal {
  /** Resolves when it is written: nobody is signed in without. */
  succeeded(who: Entrant, facts: RequestFacts): Promise<void>;
  /** The same, for who is signed in and comes from another business. */
  switched(who: Entrant, facts: RequestFacts): Promise<void>;
}
