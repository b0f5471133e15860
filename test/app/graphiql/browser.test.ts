import { type Browser, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
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

  beforeAll(async () => {
    [server, browser] = await Promise.all([
      startTestServer(),
      chromium.launch({ executablePath: executablePath ?? '', args: [...chromiumSwitches] }),
    ]);
  });
  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** A fresh browser tab with GraphiQL in it; `complaints` is what must stay empty. */
  async function open(url = server.url): Promise<{ page: Page; complaints: string[] }> {
    const context = await browser.newContext({ viewport: { width: 1440, height: 860 } });
    onTestFinished(() => context.close());
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
    await expect.poll(() => who(page).textContent()).toContain(name);
  }

  /** Opens the tab of an example, runs it as it stands, and gives what the server answered. */
  async function run(page: Page, tab: string) {
    const active = page.locator(`.graphiql-tab-active [title="${tab}"]`);
    if ((await active.count()) === 0) await page.locator(`.graphiql-tab [title="${tab}"]`).click();
    await active.waitFor();
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
    const { page, complaints } = await open();
    await expect.poll(() => who(page).textContent()).toBe('Mara Eklund, owner of Lumen & Oak');
    const tabs = await page.getByRole('tab').allInnerTexts();
    expect(tabs.map((text) => text.trim())).toEqual(examples.map(({ name }) => tabOf(name)));
    await page.locator('[aria-label="Show Documentation Explorer"]').click();
    await page.getByText('Everything that can be read').or(page.getByText('Root Types')).waitFor();
    expect(complaints).toEqual([]);
  });

  test("shows Lumen's rows, and after one click Harbor's", async () => {
    const { page, complaints } = await open();
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
    const { page: one } = await open();
    const other = await one.context().newPage();
    await other.goto(`${server.url}/graphql`);
    await become(other, 'viewer of Lumen', 'Jonas Weil');
    await become(one, 'owner of Harbor', 'Harbor & Tern');
    await Promise.all([one.reload(), other.reload()]);
    await one.locator('.graphiql-execute-button').waitFor();
    expect(await one.getByRole('tab').count()).toBe(examples.length);
    await expect.poll(() => who(one).textContent()).toContain('Harbor & Tern');
    await expect.poll(() => who(other).textContent()).toContain('Jonas Weil');
    const stored = await one.evaluate(
      'JSON.stringify([{ ...sessionStorage }, { ...localStorage }, document.cookie])',
    );
    expect(stored).not.toMatch(/eyJ|tnt_/);
  });

  test('a viewer is refused what a viewer may not do, and is told why', async () => {
    const { page } = await open();
    await become(page, 'viewer of Lumen', 'Jonas Weil');
    const { errors } = await run(page, tabOf('productCreate'));
    expect(errors[0].extensions).toMatchObject({ code: 'FORBIDDEN', reason: 'ROLE' });
    await shown(page, 'products:write');
  });

  test('every example runs from its tab as the first identity that it names', async () => {
    const { page, complaints } = await open();
    for (const { name, runAs } of examples) {
      if (name === 'signIn') continue; // becomes somebody else: see below
      const identity = demoIdentities.find(({ label }) => runAs.includes(label));
      expect(identity?.key, name).toBe('lumen-owner');
      const answer = await run(page, tabOf(name));
      expect(answer.errors, name).toBeUndefined();
      await shown(page, '"data": {');
    }
    expect(complaints).toEqual([]);
  });

  test('a token that has run out is renewed without a word', async () => {
    const { page } = await open();
    await expect.poll(() => who(page).textContent()).toContain('Mara Eklund');
    const tokens: (string | undefined)[] = [];
    await page.route('**/graphql', async (route) => {
      const { authorization } = route.request().headers();
      tokens.push(authorization);
      // As the server answers a token whose time is over, to whoever still has the first one.
      if (authorization !== tokens[0]) return route.continue();
      await route.fulfill({ status: 401, json: { errors: [{ message: 'run out' }] } });
    });
    await page.locator('.graphiql-execute-button').click();
    await shown(page, '"name": "Mara Eklund"');
    expect(tokens.length).toBe(2);
  });

  test('an Authorization in the Headers pane goes first, is pointed out, and is not stored', async () => {
    const { page } = await open();
    await expect.poll(() => who(page).textContent()).toContain('Mara Eklund');
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

    test('one signs in by running signIn, and then has the schema, too', async () => {
      const { page, complaints } = await open(plain.url);
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
    });

    test('or by pasting a key', async () => {
      const { page } = await open(plain.url);
      await page.locator('#own').click();
      await page.locator('#credential').fill(`Bearer ${plain.apiKey}`);
      await page.locator('#useCredential').click();
      await expect.poll(() => who(page).textContent()).toContain('Warehouse integration, API key');
    });
  });
});
