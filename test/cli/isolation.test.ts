import { expect, test } from 'vitest';
import { startTestServer } from '../support/server.ts';
import { runHere } from './runHere.ts';

test('the isolation report is a table and exit code 0, and 1 as soon as a table is open', async () => {
  const server = await startTestServer();
  const isolation = (...args: string[]) => runHere(server.environment, 'isolation', ...args);
  const fine = await isolation('--tenant', 'lumen');
  const asJson = await isolation('--json');
  expect(fine).toMatchObject({ code: 0, stderr: '' });
  expect(fine.stdout).toMatch(/^app\.products +forced +\d+ +tenant_id +/m);
  expect(fine.stdout).toMatch(/^app\.lease_use +a view +/m);
  expect(fine.stdout).toMatch(/^TENANT_SEES_ONLY_ITS_OWN +ok/m);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ holds: true, findings: [] });
  expect(await isolation('--tenant', 'nobody')).toMatchObject({ code: 1, stdout: '' });

  // Beside what a migration would restore: the table's own switch is set by its policy file.
  await server.asAdmin(
    'create policy leak on app.products for select to tenantry_server using (true)',
  );
  const open = await isolation();
  expect(open.code).toBe(1);
  expect(open.stdout).toContain('DOES NOT HOLD');
  expect(open.stdout).toMatch(/FAILED|app\.products:/);
  await server.close();
});
