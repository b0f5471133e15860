import { openRedis } from '../../clients/redis.ts';
import type { Config } from '../../config.ts';
import { type Check, failed, ok } from './check.ts';

const name = 'redis';

/** Whether limits can be shared through the Redis that REDIS_URL names. */
export async function checkRedis({ redisUrl }: Config): Promise<Check> {
  if (redisUrl === undefined) {
    return ok(name, 'REDIS_URL is not set: limits are shared through Postgres.');
  }
  const { host } = new URL(redisUrl);
  const redis = await openRedis({ url: redisUrl, timeoutMs: 1_000 });
  try {
    await redis.ping();
    return ok(name, `${host} answers.`);
  } catch (error) {
    return failed(
      name,
      `${host} does not answer: ${(error as Error).message}. Limits are shared through Postgres meanwhile.`,
      'Check host, port and password in REDIS_URL (rediss:// is TLS), and that a firewall lets them through.',
    );
  } finally {
    redis.close();
  }
}
