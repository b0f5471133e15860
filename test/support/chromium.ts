import { accessSync, constants } from 'node:fs';
import path from 'node:path';

/** The first has no window to draw: 1.3 s of processor time for a page of GraphiQL instead of 1.6. */
const names = [
  ...['chromium-headless-shell', 'chromium'],
  ...['chromium-browser', 'google-chrome', 'google-chrome-stable'],
];

/** Asks nobody for updates, and runs as root and without a screen. */
export const chromiumSwitches: readonly string[] = [
  '--headless',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  // Pages are closed before an optimizing compiler pays: a tenth of the processor time.
  '--js-flags=--max-opt=1,--single-threaded-gc',
];

/** The Chromium of this machine; null after saying so: the tests that need it are skipped. */
export function chromiumPath(): string | null {
  const folders = (process.env.PATH ?? '').split(path.delimiter);
  const found = folders
    .flatMap((folder) => names.map((name) => path.join(folder, name)))
    .find(isExecutable);
  if (found !== undefined) return found;
  const install = 'install one ("apt-get install chromium") to run them';
  console.warn(
    `skipped: the tests in a browser, for there is no Chromium on the PATH; ${install}.`,
  );
  return null;
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
