import { enableCompileCache, type ResolveHookSync, registerHooks } from 'node:module';
import { fileURLToPath } from 'node:url';

/**
 * To be called before anything else is imported: loads our 1 300 modules in 0.62 s of processor time
 * instead of 0.95 s, and in a third of what it takes without the cache.
 */
export function quickStart(): void {
  // What Node made of the modules is kept for the next start. Not in its default place below /tmp,
  // where somebody else could put code for us to run.
  enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/tenantry', import.meta.url)));
  // Node (24.21, package_json_reader.js: getPackageScopeConfig) reads a package's whole `exports` for
  // each of its files, and each import of it, to learn that they are modules. drizzle-orm's has 447
  // entries, 130 kB of JSON, and we load 108 of its files: 0.35 s. The answer is always the same.
  registerHooks({ resolve: resolveDrizzle });
}

const imported = new Map<string, ReturnType<ResolveHookSync>>();

const resolveDrizzle: ResolveHookSync = (specifier, context, next) => {
  const { parentURL } = context;
  if (specifier.startsWith('.') && parentURL?.includes('/node_modules/drizzle-orm/')) {
    const url = new URL(specifier, parentURL).href;
    return { url, format: 'module', shortCircuit: true };
  }
  if (!specifier.startsWith('drizzle-orm')) return next(specifier, context);
  const known = imported.get(specifier) ?? next(specifier, context);
  imported.set(specifier, known);
  return { ...known, shortCircuit: true };
};
