import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc: (options: { type: 'minor' | 'major' }) => void = runInNewContext('gc');

/** Collects the young objects, or all. */
export const collect = (type: 'minor' | 'major'): void => gc({ type });

/** What young collections have given up on, until a full one looks at it again. */
export function oldObjectBytes(): number {
  const spaces = getHeapSpaceStatistics();
  return spaces.find(({ space_name: name }) => name === 'old_space')?.space_used_size ?? Number.NaN;
}
