import { startProxy } from '../network/proxy.ts';

// The proxy as a process of its own: `node delay.ts <Postgres URL> <milliseconds>`. It prints where it is.
const [target = '', delayMs = '1'] = process.argv.slice(2);
const proxy = await startProxy(target, Number(delayMs));
process.stdout.write(`Postgres is at ${proxy.urlFor('postgresql://127.0.0.1:1/')}\n`);
process.on('SIGTERM', () => process.exit(0));
