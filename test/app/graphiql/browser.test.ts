import { type Browser, type BrowserContext, chromium, type Page } from 'playwright-core';
import {
  afterAll,
  afterEach,
  beforeAll,
  beforeEach,
  describe,
  expect,
  onTestFinished,
  test,
} from 'vitest';
import { readExamples } from '../../../src/app/graphiql/examples.ts';
import { demoIdentities } from '../../../src/app/graphiql/identities.ts';
import { chromiumPath, chromiumSwitches } from '../../support/chromium.ts';
import { startTestServer, type TestServer } from '../../support/server.ts';

const executablePath = chromiumPath();
const examples = await readExamples();
const tabOf = (name: string): string => {
  const query = examples.find((example) => example.name === name)?.query ?? '';
  return /^(?:query|mutation) (\w+)/m.exec(query)?.[1] ?? name;
};

describe.skipIf(executablePath === null)('GraphiQL in a browser', () => {
  let server: TestServer;
  let browser: Browser;
  /** To load the page takes two seconds of processor time: whoever needs no page of its own uses this one. */
  let shared: Opened;
  /** Another browser tab of the shared one's window, which has the scripts at hand. */
  let beside: Page;

  beforeAll(async () => {
    [server, browser] = await Promise.all([
      startTestServer(),
      chromium.launch({ executablePath: executablePath ?? '', args: [...chromiumSwitches] }),
    ]);
    shared = await open(await newContext(), server.url);
    beside = (await open(shared.page.context(), server.url)).page;
  });
  // Of two browser tabs the one behind the other draws once in seconds.
  beforeEach(() => shared?.page.bringToFront());
  afterEach(() => void shared?.complaints.splice(0));
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  async function newContext(): Promise<BrowserContext> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 } });
    // Says what was waited for, which the time limit of a test does not.
    context.setDefaultTimeout(20_000);
    return context;
  }

  /** A browser tab with GraphiQL in it; `complaints` is what must stay empty. */
  interface Opened {
    readonly page: Page;
    readonly complaints: string[];
  }

  async function open(context: BrowserContext, url: string): Promise<Opened> {
    const page = await context.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(`thrown: ${error.message}`));
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning')
        complaints.push(`console: ${message.text()}`);
    });
    page.on('request', (request) => {
      const { origin, protocol } = new URL(request.url());
      if (protocol !== 'data:' && origin !== url) complaints.push(`asked for ${request.url()}`);
    });
    await page.goto(`${url}/graphql`);
    await page.locator('.graphiql-execute-button').waitFor();
    return { page, complaints };
  }

  const who = (page: Page) => page.locator('#who');

  async function become(page: Page, label: string, name: string): Promise<void> {
    await page.locator('#identities button', { hasText: new RegExp(`^${label}$`, 'i') }).click();
    await page.locator('#who', { hasText: name }).waitFor();
  }

  /** Opens the tab of an example. */
  async function openTab(page: Page, tab: string): Promise<void> {
    const active = page.locator(`.graphiql-tab-active [title="${tab}"]`);
    if ((await active.count()) === 0) await page.locator(`.graphiql-tab [title="${tab}"]`).click();
    await active.waitFor();
  }

  /** Opens the tab of an example, runs it as it stands, and gives what the server answered. */
  async function run(page: Page, tab: string) {
    await openTab(page, tab);
    const answered = page.waitForResponse((response) => {
      const asked: { query?: unknown } = JSON.parse(response.request().postData() ?? '{}');
      return new RegExp(`^(?:query|mutation) ${tab}\\b`, 'm').test(String(asked.query));
    });
    await page.locator('.graphiql-execute-button').click();
    return (await answered).json();
  }

  const shown = (page: Page, text: string) =>
    expect
      .poll(async () =>
        (await page.locator('.result-window').innerText()).replaceAll('\u00a0', ' '),
      )
      .toContain(text);

  test('loads from this server alone, without an error, signed in as somebody of the demo', async () => {
    const { page, complaints } = shared;
    await expect.poll(() => who(page).textContent()).toBe('Mara Eklund, owner of Lumen & Oak');
    const tabs = await page.getByRole('tab').allInnerTexts();
    expect(tabs.map((text) => text.trim())).toEqual(examples.map(({ name }) => tabOf(name)));
    await page.locator('[aria-label="Show Documentation Explorer"]').click();
    await page.getByText('Everything that can be read').or(page.getByText('Root Types')).waitFor();
    await page.locator('[aria-label="Hide Documentation Explorer"]').click();
    expect(complaints).toEqual([]);
  });

  test("shows Lumen's rows, and after one click Harbor's", async () => {
    const { page, complaints } = shared;
    const search = tabOf('catalogue');
    const lumen = (await run(page, search)).data.products.nodes;
    await shown(page, lumen[0].name);
    await become(page, 'owner of Harbor', 'Harbor & Tern');
    const harbor = (await run(page, search)).data.products.nodes;
    await shown(page, harbor[0].name);
    const ids = (rows: { id: string }[]) => rows.map(({ id }) => id);
    expect(ids(lumen).filter((id) => ids(harbor).includes(id))).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('two browser tabs are two identities, a reload stays the same, and no token is stored', async () => {
    const one = beside;
    const { page: other } = shared;
    await become(other, 'viewer of Lumen', 'Jonas Weil');
    await one.bringToFront();
    await become(one, 'owner of Harbor', 'Harbor & Tern');
    await other.bringToFront();
    // The first to have chosen: what both shared would be the other's by now.
    await other.reload();
    await other.locator('.graphiql-execute-button').waitFor();
    expect(await other.getByRole('tab').count()).toBe(examples.length);
    await expect.poll(() => who(other).textContent()).toContain('Jonas Weil');
    expect(await who(one).textContent()).toContain('Harbor & Tern');
    for (const page of [one, other]) {
      const stored = await page.evaluate(
        'JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])',
      );
      expect(stored).not.toMatch(/eyJ|tnt_/);
    }
  });

  test('a viewer is refused what a viewer may not do, and is told why', async () => {
    const { page } = shared;
    await become(page, 'viewer of Lumen', 'Jonas Weil');
    const { errors } = await run(page, tabOf('productCreate'));
    expect(errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ROLE' });
    await shown(page, 'products:write');
  });

  test('every tab holds its example as it is written', async () => {
    const kept = async () => {
      const state = await shared.page.evaluate('sessionStorage.getItem("graphiql:tabState")');
      const { tabs }: { tabs: { query: string; variables: string | null }[] } = JSON.parse(
        String(state),
      );
      return tabs.map(({ query, variables }) => ({ query, variables }));
    };
    const written = examples.map(({ query, variables }) => ({ query, variables: variables ?? '' }));
    await expect.poll(kept).toEqual(written);
  });

  // Each tab is sent in the same way, 0.3 s of processor time in a browser; what every example then answers, and
  // to whom, is asked without one (server.test.ts). Here is each that the page fills in, and one for each audience.
  describe('an example runs from its tab as the first identity that it names', () => {
    beforeAll(async () => {
      await shared.page.bringToFront();
      await become(shared.page, 'owner of Lumen', 'Mara Eklund');
    });

    const chosen = examples.filter(
      ({ variables, audience }, position) =>
        variables?.includes('{{') || audience !== examples[position - 1]?.audience,
    );
    test.each(chosen)('$name', async ({ name, runAs }) => {
      const identity = demoIdentities.find(({ label }) => runAs.includes(label));
      expect(identity?.key).toBe('lumen-owner');
      const answer = await run(shared.page, tabOf(name));
      expect(answer.errors).toBeUndefined();
      await shown(shared.page, '"data": {');
      expect(shared.complaints).toEqual([]);
    });
  });

  test('a token that has run out is renewed without a word', async () => {
    const { page } = shared;
    await become(page, 'viewer of Lumen', 'Jonas Weil');
    await openTab(page, tabOf('viewer')); // where nothing named him so far
    const tokens: (string | undefined)[] = [];
    await page.route('**/graphql', async (route) => {
      const { authorization } = route.request().headers();
      tokens.push(authorization);
      // As the server answers a token whose time is over, to whoever still has the first one.
      if (authorization !== tokens[0]) return route.continue();
      await route.fulfill({ status: 401, json: { errors: [{ message: 'run out' }] } });
    });
    onTestFinished(() => page.unroute('**/graphql'));
    await page.locator('.graphiql-execute-button').click();
    await shown(page, '"name": "Jonas Weil"');
    expect(tokens.length).toBe(2);
  });

  test('an Authorization in the Headers pane goes first, is pointed out, and is not stored', async () => {
    const page = beside;
    await page.bringToFront();
    await become(page, 'owner of Lumen', 'Mara Eklund');
    await page.getByRole('button', { name: 'Headers' }).click();
    await page.locator('.graphiql-editor-tool .monaco-editor').last().click();
    await page.keyboard.type(`{"Authorization": "Bearer ${server.apiKey}"`); // it closes the brace
    const kind = async () => (await run(page, tabOf('viewer'))).data.viewer.kind;
    await expect.poll(kind).toBe('API_KEY'); // GraphiQL takes up what is typed a moment later
    await expect.poll(() => page.locator('#notice').textContent()).toContain('Headers pane');
    expect(await page.evaluate('JSON.stringify({ ...sessionStorage })')).not.toContain('tnt_');
  });

  describe('where nobody is of the demo', () => {
    let plain: TestServer;

    beforeAll(async () => {
      plain = await startTestServer({ DEMO_IDENTITIES: 'off' });
    });
    afterAll(() => plain?.close());

    test('one signs in by running signIn, and then has the schema, too, or by pasting a key', async () => {
      const context = await newContext();
      onTestFinished(() => context.close());
      const { page, complaints } = await open(context, plain.url);
      expect(await who(page).textContent()).toBe('Nobody is signed in');
      expect(await page.locator('[data-identity]').count()).toBe(0);
      await run(page, tabOf('signIn'));
      await expect.poll(() => who(page).textContent()).toContain('Mara Eklund, owner');
      await expect
        .poll(() => page.locator('#notice').textContent())
        .toMatch(/^Signed in by signIn/);
      expect((await run(page, tabOf('team'))).errors).toBeUndefined();
      await page.locator('[aria-label="Show Documentation Explorer"]').click();
      await page.getByText('Root Types').waitFor();
      expect(complaints).toEqual([]);

      await page.locator('#own').click();
      await page.locator('#signOut').click();
      await expect.poll(() => who(page).textContent()).toBe('Nobody is signed in');
      await page.locator('#own').click();
      await page.locator('#credential').fill(`Bearer ${plain.apiKey}`);
      await page.locator('#useCredential').click();
      await expect.poll(() => who(page).textContent()).toContain('Warehouse integration, API key');
    });
  });
});
