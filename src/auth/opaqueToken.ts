import { createHash, randomBytes } from 'node:crypto';

/** `trt_` refreshes, `tot_` was mailed; a prefix tells people and secret scanners what they found. */
const pattern = /^(?:trt|tot)_[A-Za-z0-9_-]{43}$/;

export interface OpaqueToken {
  /** 256 random bits; kept nowhere. */
  readonly secret: string;
  /** What is kept: SHA-256, hex. */
  readonly hash: string;
}

export const makeRefreshToken = (): OpaqueToken => make('trt');
export const makeOneTimeToken = (): OpaqueToken => make('tot');

/** null for what can be no token of ours: it is not worth a look into the database. */
export function hashOpaqueToken(secret: string): string | null {
  return pattern.test(secret) ? hashOf(secret) : null;
}

function make(prefix: string): OpaqueToken {
  const secret = `${prefix}_${randomBytes(32).toString('base64url')}`;
  return { secret, hash: hashOf(secret) };
}

const hashOf = (secret: string): string => createHash('sha256').update(secret).digest('hex');
