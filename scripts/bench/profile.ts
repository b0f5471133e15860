import { mkdir, readdir, readFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { load } from './measure.ts';
import { grid } from './report.ts';
import { bodiesFor, type Run } from './run.ts';
import { signIn, startTenantry } from './servers.ts';
import { type WorkloadName, workloads } from './workloads.ts';

/** What V8 writes, as far as it is read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

interface Share {
  readonly name: string;
  readonly percent: number;
}

const seconds = 10;
const topFunctions = 15;

/**
 * Where this server's processor time goes, at 16 connections: self time by function and by package,
 * as shares of the time that it was not idle. Leaves the .cpuprofile files in `directory`.
 */
export async function profileTenantry(run: Run, directory: string): Promise<object> {
  const chosen = run.options.only.filter((name) => name === 'products' || name === 'nested');
  const profiles: Record<string, object> = {};
  for (const name of chosen) {
    const folder = join(resolve(directory), name);
    await mkdir(folder, { recursive: true });
    const throughput = await loadProfiled(run, name, folder);
    const newest = (await readdir(folder))
      .filter((one) => one.endsWith('.cpuprofile'))
      .sort()
      .at(-1);
    if (newest === undefined) throw new Error('node wrote no profile');
    const profile = JSON.parse(await readFile(join(folder, newest), 'utf8')) as CpuProfile;
    const { functions, packages } = selfTimes(profile);
    console.log(
      `\n${workloads[name].title}, 16 connections, ${throughput.toFixed(0)}/s while profiled`,
    );
    console.log(table('package', packages));
    console.log(table('function', functions.slice(0, topFunctions)));
    profiles[name] = { throughput, packages, functions: functions.slice(0, 40) };
  }
  return { profiles };
}

async function loadProfiled(run: Run, name: WorkloadName, folder: string): Promise<number> {
  const server = await startTenantry({
    databaseUrl: run.serverUrl,
    poolSize: run.options.poolSize,
    processors: run.processors.server,
    path: run.path,
    signingKeys: run.signingKeys,
    nodeArgs: ['--cpu-prof', `--cpu-prof-dir=${folder}`],
  });
  const token = await signIn(server.url, run.seeded, run.seeded.reading.slug);
  const sample = await load(run.generator, {
    url: server.url,
    token,
    bodies: bodiesFor(workloads[name], 'tenantry', run.seeded),
    marker: workloads[name].marker.tenantry,
    connections: 16,
    warmSeconds: 1,
    seconds,
  });
  await server.stop();
  if (sample.errors > 0) throw new Error(`wrong answers: ${sample.firstError}`);
  return sample.throughput;
}

function selfTimes(profile: CpuProfile): { functions: Share[]; packages: Share[] } {
  const byId = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  let busy = 0;
  for (const [index, id] of profile.samples.entries()) {
    const frame = byId.get(id);
    const time = profile.timeDeltas[index] ?? 0;
    if (frame === undefined || frame.functionName === '(idle)') continue;
    busy += time;
    const place = placeOf(frame.url);
    const label = `${frame.functionName || '(anonymous)'}  ${place}${shortFile(frame.url)}:${frame.lineNumber + 1}`;
    functions.set(label, (functions.get(label) ?? 0) + time);
    const owner = frame.url === '' ? engine(frame.functionName) : place;
    packages.set(owner, (packages.get(owner) ?? 0) + time);
  }
  const shares = (times: Map<string, number>) =>
    [...times]
      .map(([name, time]) => ({ name, percent: (time / busy) * 100 }))
      .toSorted((a, b) => b.percent - a.percent);
  return { functions: shares(functions), packages: shares(packages) };
}

const engine = (name: string): string =>
  name === '(garbage collector)' ? 'garbage collector' : 'V8 and native code';

/** The package, or the room of our own source. */
function placeOf(url: string): string {
  const found = url.lastIndexOf('/node_modules/');
  if (found >= 0) {
    const [scope = '', name = ''] = url.slice(found + '/node_modules/'.length).split('/');
    return scope.startsWith('@') ? `${scope}/${name}` : scope;
  }
  if (url.startsWith('node:')) return 'node';
  const room = /\/src\/([^/]+)/.exec(url)?.[1];
  return room === undefined ? '' : `own: ${room}`;
}

const shortFile = (url: string): string =>
  url === '' ? '' : ` ${url.split('/').slice(-2).join('/')}`;

const table = (what: string, shares: readonly Share[]): string =>
  grid(
    [what, 'self time'],
    shares
      .filter(({ percent }) => percent >= 0.3)
      .map(({ name, percent }) => [name, `${percent.toFixed(1)} %`]),
  );
