import type { Mail } from '../../auth/mailQueue.ts';

type Text = Omit<Mail, 'to'>;

const signature = '-- \nTenantry';

/**
 * A name that somebody typed in, for a mail to somebody else: one line without what a mail program makes
 * a link of, so that nobody sends their advertisement through us.
 */
function plainName(name: string): string {
  const plain = name.replaceAll(/[^\p{L}\p{M}\p{N} &'’()+,-]+/gu, ' ').replaceAll(/ +/g, ' ');
  return [...plain.trim()].slice(0, 60).join('') || 'a business';
}

export function invitationMail(
  publicUrl: string,
  token: string,
  { business, inviter, role }: { business: string; inviter: string; role: string },
): Text {
  return {
    subject: `Join ${plainName(business)} at Tenantry`,
    text: `${plainName(inviter)} invites you to join ${plainName(business)} at Tenantry as ${role}. To see and accept
the invitation, open this link within 48 hours:

${publicUrl}/account/invitation#token=${token}

Without a browser, send it to ${publicUrl}/graphql (name and password only where you have no account):

mutation { invitationAccept(input: { token: "${token}", name: "…", password: "…" }) { token userErrors { message } } }

If you do not know them, do nothing: you join nothing, and no account is made.

${signature}
`,
  };
}

export const transferOfferMail = (
  publicUrl: string,
  { business, slug, owner }: { business: string; slug: string; owner: string },
): Text => ({
  subject: `Take over ${plainName(business)} at Tenantry`,
  text: `${plainName(owner)} offers to hand ${plainName(business)} over to you: you become its owner, and they stay as
an admin. To accept within 7 days, sign in and send to ${publicUrl}/graphql:

mutation { ownershipTransferAccept(input: { tenantSlug: "${slug}" }) { membership { role } userErrors { message } } }

To decline, do nothing, or send ownershipTransferCancel with the same input.

${signature}
`,
});

export const transferAcceptedMail = (business: string, newOwner: string): Text => ({
  subject: `${plainName(business)} has a new owner`,
  text: `${plainName(newOwner)} has accepted the ownership of ${plainName(business)} that you offered. You are an admin of
it from now on.

${signature}
`,
});
