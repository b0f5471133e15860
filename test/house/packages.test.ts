import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';

interface LockedPackage {
  readonly version: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly hasInstallScript?: true;
  readonly dependencies?: Record<string, string>;
  readonly devDependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
}

interface Manifest {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
}

const manifest = readJson('package.json') as Manifest;
const lock = readJson('package-lock.json') as {
  lockfileVersion: number;
  packages: Record<string, LockedPackage>;
};
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

function readJson(file: string): unknown {
  return JSON.parse(readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8'));
}

/** `node_modules/a/node_modules/@b/c` → `@b/c` */
function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
}

/** Where Node would look for `name` from the package at `path`, innermost first. */
function candidates(path: string, name: string): string[] {
  const parts = path.split('/node_modules/');
  return parts.map((_, index) =>
    [...parts.slice(0, parts.length - index), name].join('/node_modules/'),
  );
}

describe('the packages', () => {
  test('are pinned exactly', () => {
    const wanted = { ...manifest.dependencies, ...manifest.devDependencies };
    const loose = Object.entries(wanted).filter(
      ([, range]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(range),
    );
    expect(loose).toEqual([]);
  });

  test('are the ones in the lock file, each with a checksum', () => {
    const { '': root } = lock.packages;
    expect(root?.dependencies).toEqual(manifest.dependencies);
    expect(root?.devDependencies).toEqual(manifest.devDependencies);
    expect(lock.lockfileVersion).toBe(3);
    expect(installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-'))).toEqual([]);
  });

  test('come from whichever registry is configured, not from a host in the lock file', () => {
    expect(installed.filter(([, { resolved }]) => resolved !== undefined)).toEqual([]);
  });

  // npm drops a platform's package that its registry doesn't have (yet) from the lock file without
  // a word, and from then on every `npm ci` refuses: "package.json and package-lock.json are not in
  // sync". Choose a version whose platforms are all there and write the lock file anew, without
  // node_modules.
  test('are locked for every platform', () => {
    const missing = installed.flatMap(([path, { optionalDependencies = {} }]) =>
      Object.keys(optionalDependencies).filter((name) =>
        [...candidates(path, name), `node_modules/${name}`].every(
          (place) => !(place in lock.packages),
        ),
      ),
    );
    expect(missing).toEqual([]);
  });

  // npm runs the install script of a package that is not listed, and only warns.
  test('run an install script only after somebody said yes or no to it', () => {
    const withScript = installed.filter(([, { hasInstallScript }]) => hasInstallScript);
    const names = new Set(withScript.map(([path]) => nameOf(path)));
    expect(new Set(Object.keys(manifest.allowScripts))).toEqual(names);
  });
});
