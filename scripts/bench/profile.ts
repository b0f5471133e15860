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
    readonly children?: readonly number[];
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
  /** Of the time that the processor was busy. */
  readonly percent: number;
  /** The same with what Node and V8 did for it. */
  readonly withNode: number;
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
    console.log(packageTable(packages));
    console.log(`\n${functionTable(functions)}`);
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
  const frames = new Map(profile.nodes.map((node) => [node.id, node.callFrame]));
  const owners = ownersOf(profile);
  const functions = new Map<string, number>();
  const packages = new Map<string, number>();
  const withNode = new Map<string, number>();
  let busy = 0;
  // Its last seconds: what comes before is starting, loading modules and warming up.
  let left = profile.timeDeltas.reduce((sum, delta) => sum + delta, 0);
  for (const [index, id] of profile.samples.entries()) {
    const frame = frames.get(id);
    const time = profile.timeDeltas[index] ?? 0;
    left -= time;
    if (left > seconds * 1e6 || frame === undefined || frame.functionName === '(idle)') continue;
    busy += time;
    const add = (times: Map<string, number>, name: string) =>
      times.set(name, (times.get(name) ?? 0) + time);
    const place = placeOf(frame.url) ?? engine(frame.functionName);
    const file = frame.url === '' ? '' : `, ${frame.url.split('/').at(-1)}:${frame.lineNumber + 1}`;
    add(functions, `${frame.functionName || '(anonymous)'} (${place}${file})`);
    add(packages, place);
    add(withNode, owners.get(id) ?? place);
  }
  const share = (time = 0) => (time / busy) * 100;
  const shares = (times: Map<string, number>): Share[] =>
    [...times]
      .map(([name, time]) => ({
        name,
        percent: share(time),
        withNode: share(withNode.get(name)),
      }))
      .toSorted((a, b) => b.percent - a.percent);
  return { functions: shares(functions), packages: shares(packages) };
}

/** Node of the profile → the package on whose behalf it ran: the nearest caller that is in one. */
function ownersOf({ nodes }: CpuProfile): Map<number, string> {
  const owners = new Map<number, string>();
  // V8 lists a caller before what it calls.
  for (const { id, children = [], callFrame } of nodes) {
    const place = placeOf(callFrame.url);
    const owner = place === undefined || place === 'node' ? (owners.get(id) ?? 'node') : place;
    owners.set(id, owner);
    for (const child of children) owners.set(child, owner);
  }
  return owners;
}

function engine(functionName: string): string {
  return functionName === '(garbage collector)' ? 'garbage collector' : 'V8 and native code';
}

/** The package, or the room of our own source; undefined for what is in no file. */
function placeOf(url: string): string | undefined {
  const found = url.lastIndexOf('/node_modules/');
  if (found >= 0) {
    const [scope = '', name = ''] = url.slice(found + '/node_modules/'.length).split('/');
    return scope.startsWith('@') ? `${scope}/${name}` : scope;
  }
  if (url.startsWith('node:')) return 'node';
  const room = /\/src\/([^/]+)/.exec(url)?.[1];
  return room === undefined ? undefined : `own: ${room}`;
}

const percent = (value: number): string => `${value.toFixed(1)} %`;

const packageTable = (shares: readonly Share[]): string =>
  grid(
    ['package', 'self time', 'with what Node and V8 did for it'],
    shares
      .filter((share) => share.percent >= 0.3 || share.withNode >= 0.5)
      .map((share) => [share.name, percent(share.percent), percent(share.withNode)]),
  );

const functionTable = (shares: readonly Share[]): string =>
  grid(
    ['function', 'self time'],
    shares.slice(0, topFunctions).map((share) => [share.name, percent(share.percent)]),
  );
