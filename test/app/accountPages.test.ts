import { type Browser, chromium } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { goodPassword, mailedText, mailedToken, mutate, signIn } from '../support/accounts.ts';
import { chromiumPath, chromiumSwitches } from '../support/chromium.ts';
import { startTestServer, type TestServer } from '../support/server.ts';

const executablePath = chromiumPath();

describe.skipIf(executablePath === null)('the pages that mails lead to, in a browser', () => {
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

  test('one registers, confirms by the link, forgets the password and sets a new one', async () => {
    const email = 'nia@shop.example';
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    page.on('console', (message) => {
      if (message.type() === 'error') complaints.push(message.text());
    });
    const open = async (name: string, token: string | null) => {
      await page.goto(`${server.url}/account/${name}${token === null ? '' : `#token=${token}`}`);
      if (token !== null) await expect.poll(() => page.url()).not.toContain('token');
    };
    const said = (text: string) => page.getByText(text).waitFor();

    await mutate(
      server,
      'accountRegister',
      { email, name: 'Nia', password: goodPassword },
      'email',
    );
    const link = await mailedToken(server, email);
    expect(await mailedText(server, email)).toContain(`/account/verify#token=${link}`);
    await open('verify', link);
    await page.getByLabel('The password that you chose').fill('what a stranger would type');
    await page.getByRole('button', { name: 'Confirm' }).click();
    await said('not the password that was registered');
    await page.getByLabel('The password that you chose').fill(goodPassword);
    await page.getByRole('button', { name: 'Confirm' }).click();
    await said('You can sign in now.');
    expect((await signIn(server, email, goodPassword)).token).not.toBeNull();

    await open('reset', null);
    await page.getByLabel('E-mail address').fill(email);
    await page.getByRole('button', { name: 'Send me a link' }).click();
    await said('a mail is on its way');
    await open('reset', await mailedToken(server, email));
    await page.getByLabel('New password').fill('passwordpassword');
    await page.getByRole('button', { name: 'Set it' }).click();
    await said('among the first');
    await page.getByLabel('New password').fill('lantern otter sideways quill');
    await page.getByRole('button', { name: 'Set it' }).click();
    await said('Your password is set.');
    expect((await signIn(server, email, 'lantern otter sideways quill')).token).not.toBeNull();
    await open('verify', null);
    await said('it has to be whole');
    expect(complaints).toEqual([]);
  });

  test('one sees an invitation and joins, with a new account or with the one there is', async () => {
    const owner = await server.tokenOf('owner@lumen.example');
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('pageerror', (error) => complaints.push(error.message));
    const open = async (email: string) => {
      await mutate(server, 'memberInvite', { email, role: 'MEMBER' }, 'invitation { id }', owner);
      const link = await mailedToken(server, email);
      await page.goto(`${server.url}/account/invitation#token=${link}`);
      await page.getByText('Lumen & Oak').waitFor();
      expect(page.url()).not.toContain('token');
    };
    await open('ines@joining.example');
    await page.getByLabel('Your name').fill('Ines');
    await page.getByLabel('Password for your new account').fill(goodPassword);
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('You have joined.').waitFor();
    const ines = await signIn(server, 'ines@joining.example', goodPassword);
    expect(ines.membership).toEqual({ slug: 'lumen' });
    const { body } = await server.ask(ines.token, '{ viewer { sessions { current } } }');
    expect(body.data.viewer.sessions).toEqual([{ current: true }]);

    await open('owner@harbor.example');
    await page.getByLabel('Password of your account').fill('wrong');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('do not fit together').waitFor();
    await page.getByLabel('Password of your account').fill('demo-password');
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByText('You have joined.').waitFor();
    await page.goto(`${server.url}/account/invitation#token=tot_nonsense`);
    await page.getByText('not one of ours').waitFor();
    expect(complaints).toEqual([]);
  });
});
