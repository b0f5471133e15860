import { CANCELLED, NODATA, NOTFOUND, Resolver } from 'node:dns/promises';

/** The TXT records of a name, each as one text; null: nobody could be asked just now. */
export type LookUpTxt = (name: string) => Promise<readonly string[] | null>;

const totalMilliseconds = 5_000;

/**
 * Asks `servers` (`address` or `address:port`; none: the system's). Takes 5 s at the longest. Node's own
 * time-out is per try and grows, so the whole is cut off here. Each look-up has its own resolver:
 * cancel() ends all that one has under way.
 */
export function createTxtLookup(
  servers: readonly string[],
  milliseconds = totalMilliseconds,
): LookUpTxt {
  return async (name) => {
    const resolver = new Resolver({ timeout: Math.ceil(milliseconds / 3), tries: 2 });
    if (servers.length > 0) resolver.setServers(servers);
    const timer = setTimeout(() => resolver.cancel(), milliseconds);
    try {
      // A record longer than 255 bytes comes in pieces (RFC 7208, 3.3).
      return (await resolver.resolveTxt(name)).map((pieces) => pieces.join(''));
    } catch (error) {
      const { code } = error as { code?: string };
      if (code === NOTFOUND || code === NODATA) return [];
      if (code === CANCELLED || code?.startsWith('E')) return null;
      throw error;
    } finally {
      clearTimeout(timer);
    }
  };
}
