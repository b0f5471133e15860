import { randomUUID } from 'node:crypto';
import type { GraphQLSchema } from 'graphql';
import { encodeId, type IdType, idPrefixes, isUuid } from '../../../src/lib/ids.ts';
import { askAt } from '../../support/ask.ts';
import { findLeaks, type Prey } from './canaries.ts';
import {
  argumentsWith,
  findPlaces,
  type Place,
  type RootField,
  rootFields,
  selectionOf,
  type Value,
} from './synthesize.ts';

export interface Asker {
  readonly name: string;
  readonly credential: string;
}

/** Two values for one place: what names the other tenant's row, and what names none. */
interface Probe {
  readonly theirs: string;
  readonly nobodys: string;
}

export interface Walk {
  readonly probes: number;
  /** Where naming the other's row was answered differently from naming none. */
  readonly differences: string[];
  readonly leaks: string[];
  /** Places that no value could be sent to. */
  readonly unreached: string[];
}

export interface Ground {
  readonly url: string;
  readonly schema: GraphQLSchema;
  readonly prey: Prey;
  /** Whose rows the askers may see, by type: for arguments that are required beside the probed one. */
  readonly own: ReadonlyMap<IdType, string>;
  readonly askers: readonly Asker[];
  /** A cursor of the other tenant's list, by root field. */
  readonly cursors: ReadonlyMap<string, string>;
}

/** A slug is part of a public address: that one is taken is no secret, and must be said. */
const publicNames: ReadonlySet<string> = new Set([
  'tenantCreate input.slug',
  'tenantUpdate input.slug',
]);

/** Names the other tenant's rows in every place of every root field, as every asker. */
export async function walkSchema(ground: Ground): Promise<Walk> {
  const walk: Walk = { probes: 0, differences: [], leaks: [], unreached: [] };
  const nobodys = new Map<string, string>();
  const steps = rootFields(ground.schema).flatMap((root) =>
    findPlaces(root)
      .filter((place) => !publicNames.has(`${root.name} ${place.path.join('.')}`))
      .map((place) => ({ root, place })),
  );
  // Queries first and client-chosen UUIDs last: what they make is the askers' own from then on.
  const rank = ({ root, place }: (typeof steps)[number]) =>
    (root.kind === 'mutation' ? 1 : 0) + (place.type === 'UUID' ? 2 : 0);
  let probes = 0;
  for (const { root, place } of steps.toSorted((one, other) => rank(one) - rank(other))) {
    let reached = false;
    for (const probe of probesFor(ground, root, place, nobodys)) {
      for (const asker of ground.askers) {
        probes += 1;
        reached = (await compare(ground, walk, root, place, probe, asker)) || reached;
      }
    }
    if (!reached) walk.unreached.push(`${root.name} ${place.path.join('.')}`);
  }
  return { ...walk, probes };
}

function probesFor(
  { prey, cursors }: Ground,
  root: RootField,
  place: Place,
  nobodys: Map<string, string>,
): Probe[] {
  const remembered = (key: string, make: () => string): string => {
    const value = nobodys.get(key) ?? make();
    nobodys.set(key, value);
    return value;
  };
  if (place.type === 'ID') {
    return [...prey.ids].map(([type, id]) => ({
      theirs: encodeId(type, id),
      nobodys: encodeId(type, remembered(`ID ${type}`, randomUUID)),
    }));
  }
  if (place.type === 'UUID') {
    return [...prey.ids].map(([type, id]) => ({
      theirs: id,
      nobodys: remembered(`UUID ${type}`, randomUUID),
    }));
  }
  if (place.type === 'cursor') {
    const theirs = cursors.get(root.name);
    if (theirs === undefined) return [];
    const parts: string[] = JSON.parse(Buffer.from(theirs, 'base64url').toString());
    const last = parts.at(-1) ?? '';
    // Right beside theirs: rows of both may be of one millisecond, and then the id says what comes after.
    const beside = `${last.slice(0, -1)}${last.endsWith('0') ? '1' : '0'}`;
    const other = [...parts.slice(0, -1), isUuid(last) ? beside : `${last}-nothing`];
    return [{ theirs, nobodys: Buffer.from(JSON.stringify(other)).toString('base64url') }];
  }
  const theirs = prey.references.get(place.type);
  if (theirs === undefined) return [];
  const form = place.type === 'email' ? 'nobody@harbor.example' : `nothing-${randomUUID()}`;
  return [{ theirs, nobodys: remembered(place.type, () => form) }];
}

/** Sends both; whether the place was reached: the operation was executed. */
async function compare(
  ground: Ground,
  walk: Walk,
  root: RootField,
  place: Place,
  probe: Probe,
  asker: Asker,
): Promise<boolean> {
  const sent = [
    probe.theirs,
    probe.nobodys,
    ...(place.type === 'UUID' ? ground.prey.ids.values() : []),
  ];
  const texts: string[] = [];
  let executed = false;
  for (const value of [probe.theirs, probe.nobodys]) {
    const { status, headers, body } = await send(ground, root, place, value, asker);
    const text = JSON.stringify({ status, body });
    const all = `${text} ${JSON.stringify([...headers])}`;
    for (const leak of findLeaks(all, ground.prey, [...sent, ...typed(ground, place)])) {
      walk.leaks.push(`${asker.name}: ${root.name} ${place.path.join('.')}: ${leak}`);
    }
    executed ||= 'data' in body;
    texts.push(normalize(text, value, root));
  }
  if (texts[0] !== texts[1]) {
    const where = `${asker.name}: ${root.name} ${place.path.join('.')} = ${probe.theirs}`;
    walk.differences.push(`${where}\n  ${texts[0]?.slice(0, 400)}\n  ${texts[1]?.slice(0, 400)}`);
  }
  return executed;
}

/** A row that was made under a UUID of theirs is the asker's own, whatever type it got. */
function typed({ prey }: Ground, place: Place): string[] {
  if (place.type !== 'UUID') return [];
  const types = Object.keys(idPrefixes) as IdType[];
  return types.flatMap((type) => [...prey.ids.values()].map((id) => encodeId(type, id)));
}

async function send(
  { url, schema, own }: Ground,
  root: RootField,
  place: Place,
  value: string,
  asker: Asker,
) {
  const values = argumentsWith(root, place, value, (path) => ownId(own, root, path));
  const declared = root.field.args.filter(({ name }) => name in values);
  const head = declared.map(({ name, type }) => `$${name}: ${type}`).join(', ');
  const given = declared.map(({ name }) => `${name}: $${name}`).join(', ');
  const selection = selectionOf(schema, root.field.type, root.kind === 'query' ? 4 : 3);
  const query = `${root.kind} (${head}) { ${root.name}(${given}) ${selection} }`;
  return askAt(url, asker.credential, query, values as Record<string, Value>);
}

/** `customerId` → a customer; `id` of `productUpdate` → a product. */
function ownId(own: ReadonlyMap<IdType, string>, root: RootField, path: readonly string[]): string {
  const name = path.at(-1) ?? '';
  const words = name === 'assigneeId' ? 'member' : name.replace(/Ids?$/, '');
  const types = Object.keys(idPrefixes) as IdType[];
  const wanted = words === 'id' || words === '' ? root.name : words;
  const type =
    types.find((each) => wanted.toLowerCase().startsWith(each.toLowerCase())) ?? 'Product';
  return encodeId(type, own.get(type) ?? randomUUID());
}

const moments = /\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z/g;
const ids = /\b(?:[a-z]{3}_[0-9a-hjkmnp-tv-z]{26}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b/g;

/** Without what differs from one request to the next; of a change, without what it made. */
function normalize(text: string, value: string, root: RootField): string {
  const known = text
    .replaceAll(value, '<sent>')
    .replaceAll(/"requestId":"[^"]*"/g, '')
    // Written down up to a second behind the answers.
    .replaceAll(/"ApiKey_lastUsedAt":(?:null|"[^"]*")/g, '');
  if (root.kind === 'query') return known;
  return known
    .replaceAll(moments, '<time>')
    .replaceAll(ids, '<id>')
    .replaceAll(/tnt_[\w-]+/g, '<key>')
    .replaceAll(/"(?:token|secret|prefix)":"[^"]*"/g, '')
    .replaceAll(/\d+/g, '<n>');
}
