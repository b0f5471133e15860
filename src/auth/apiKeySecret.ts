import { createHash, randomBytes } from 'node:crypto';

/** `tnt_` tells a secret scanner what it found; 32 random bytes are far beyond guessing. */
const pattern = /^tnt_[A-Za-z0-9_-]{43}$/;

export interface ApiKeySecret {
  /** Shown once. */
  secret: string;
  /** Its first characters, for people to tell keys apart. */
  prefix: string;
  /** What is kept: SHA-256, hex. A slow hash would add nothing to 256 random bits. */
  hash: string;
}

export function makeApiKeySecret(): ApiKeySecret {
  const secret = `tnt_${randomBytes(32).toString('base64url')}`;
  return { secret, prefix: secret.slice(0, 8), hash: hashApiKeySecret(secret) };
}

export const looksLikeApiKey = (credential: string): boolean => pattern.test(credential);

export function hashApiKeySecret(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}
