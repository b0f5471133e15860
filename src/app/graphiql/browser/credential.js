// Who this browser tab sends its requests as.
//
// What was chosen is kept in sessionStorage: a reload keeps it, another browser tab can be somebody
// else, and it is gone with the tab. A demo identity is kept by name only; its token, good for a
// quarter of an hour, stays in memory and is renewed before it runs out.
const kept = 'tenantry:identity';
const renewBefore = 30_000;
const anonymous = { key: null, credential: null, expiresAt: null };
let current = anonymous;
let choosing = 0;
let renewing = null;
let timer;

/** GraphiQL asks for the schema at its start; that waits here until somebody has signed in. */
let signedIn = Promise.withResolvers();

function become(identity) {
  current = identity;
  clearTimeout(timer);
  if (identity.credential === null) {
    sessionStorage.removeItem(kept);
    return;
  }
  const { key, credential, expiresAt } = identity;
  sessionStorage.setItem(kept, JSON.stringify(key === null ? { credential } : { key }));
  signedIn.resolve(`Bearer ${credential}`);
  if (key !== null && expiresAt !== null) {
    timer = setTimeout(() => renew().catch(() => undefined), dueIn(expiresAt));
  }
}

const dueIn = (expiresAt) => Math.max(1_000, expiresAt - Date.now() - renewBefore);

async function fetchDemo(key) {
  const response = await fetch(`/graphiql/identities/${key}`, {
    method: 'POST',
    headers: { 'GraphQL-Require-Preflight': '1' },
  });
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.errors[0].message);
  return {
    key,
    credential: answer.credential,
    expiresAt: answer.expiresAt === null ? null : Date.parse(answer.expiresAt),
  };
}

/** Becomes somebody of the demo; of two choices at once the later one counts. */
async function choose(key) {
  choosing += 1;
  const mine = choosing;
  const identity = await fetchDemo(key);
  if (mine === choosing) become(identity);
}

function renew() {
  renewing ??= choose(current.key).finally(() => {
    renewing = null;
  });
  return renewing;
}

export const sender = {
  get key() {
    return current.key;
  },
  get isSignedIn() {
    return current.credential !== null;
  },
  choose,
  useOwn(credential) {
    choosing += 1; // a choice under way no longer counts
    become({ key: null, credential, expiresAt: null });
  },
  signOut() {
    choosing += 1;
    become(anonymous);
    signedIn = Promise.withResolvers();
  },
  /** What is to be sent now, renewed where it has run out (a laptop that slept); null: nothing. */
  async credential() {
    if (current.key !== null && current.expiresAt !== null && current.expiresAt < Date.now()) {
      await renew();
    }
    return current.credential;
  },
  /** A demo identity's next credential; null where there is none to be had. */
  async renewed() {
    if (current.key === null) return null;
    await renew();
    return current.credential;
  },
  /** The header that somebody has signed in with. */
  whenSignedIn: () => signedIn.promise,
  /** A header that was written in the Headers pane is good enough for the schema, too. */
  signedInByHeader: (header) => signedIn.resolve(header),
  /** What the tab was before a reload: a demo identity's key, or true where it has its own. */
  restore() {
    const before = JSON.parse(sessionStorage.getItem(kept) ?? 'null');
    if (typeof before?.credential !== 'string') return before?.key ?? null;
    become({ key: null, credential: before.credential, expiresAt: null });
    return true;
  },
};
