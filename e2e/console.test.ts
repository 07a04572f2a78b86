import { createSecretKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createApi } from '@reeve/contract';
import type { Locator } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../packages/dtls/src/x509/testing.ts';
import { makeFrame } from '../packages/server/src/frames/frame.ts';
import { hasPeer } from '../tooling/testing/peers.ts';
import { CHROMIUM, ConsoleTab } from './console-tab.ts';
import { TestServer, until } from './harness.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { dtlsWire, udpWire } from './wires.ts';

const KEY = '00112233445566778899aabbccddeeff';

/** A file as a person drops it on the page. */
const file = (name: string, content: string | Buffer) => ({
  name,
  mimeType: 'application/octet-stream',
  buffer: Buffer.from(content),
});

/** What else `reeve` can do a person does by the page, and the server is asked whether it came to pass. */
describe.skipIf(!hasPeer('Chromium', [CHROMIUM, '--version']))('a person at the console', () => {
  let server: TestServer;
  let tab: ConsoleTab;
  let device: ScriptedDevice;
  const params = { device: 'plain-1' };

  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
    tab = await ConsoleTab.open();
    await tab.signIn((await server.api('people.link', { params: { id: 'admin' } })).url);
    await server.api('devices.add', { body: { endpoint: params.device, noSec: true } });
    device = new ScriptedDevice(params.device, await udpWire(server.ready.coapPort ?? 0), { '/3/0/0': 'Maker' });
    await device.register('U', '</1/0>,</3/0>,</5/0>', '1.2');
  });
  afterAll(async () => {
    await device?.[Symbol.asyncDispose]();
    await tab?.[Symbol.asyncDispose]();
    await server?.close();
  });

  const see = (locator: Locator, text: string | RegExp) => tab.see(locator, text);
  const dialog = () => tab.page.getByRole('dialog');
  const drop = (...of: Parameters<typeof file>) => tab.page.locator('input[type=file]').setInputFiles(file(...of));
  const closed = () => dialog().waitFor({ state: 'hidden' });

  it('adds a device, and is shown its key once', async () => {
    await tab.go('Fleet');
    await tab.press('Add device');
    await dialog().getByLabel('Endpoint name').fill('pump-1');
    await dialog().getByLabel('Site').fill('Reno');
    await dialog().getByLabel('Labels').fill('fleet=pumps\nnot a label=x');
    await see(dialog(), 'Line 2: "not a label" is no key');
    await dialog().getByLabel('Labels').fill('fleet=pumps');
    await tab.press('Add', dialog());
    await see(dialog(), 'shown this once');
    const key = await dialog().locator('code').innerText();
    await tab.press('Done', dialog());
    await tab.one('device-pump-1').waitFor();
    const added = await server.api('devices.show', { params: { device: 'pump-1' } });
    expect(added).toMatchObject({ site: 'Reno', labels: { fleet: 'pumps' }, credentials: [{ kind: 'psk' }] });
    const { rawKey } = await server.api('server.identity');
    const serverKey = Buffer.from(rawKey.publicKey, 'base64');
    const proof = { kind: 'psk', identity: 'pump-1', key: Buffer.from(key, 'hex') } as const;
    const wire = await dtlsWire(server.ready.coapsPort, proof, serverKey);
    await using pump = new ScriptedDevice('pump-1', wire, {});
    expect(await pump.register()).toBe('2.01');
  });

  it('is refused a device that is there already, in the words of the server', async () => {
    await tab.press('Add device');
    await dialog().getByLabel('Endpoint name').fill('pump-1');
    await dialog().getByLabel('Endpoint name').press('Enter');
    await see(dialog().getByRole('alert'), 'pump-1');
    await tab.page.keyboard.press('Escape');
    await closed();
  });

  it('imports devices: errors by line, and the keys that are made are saved first', async () => {
    await tab.press('Import');
    await drop('devices.csv', 'name,colour\na,red\n');
    await see(dialog().getByRole('alert'), 'Line 1: there is no column "colour"');
    await drop('devices.csv', `name,key\nimport-1,\npump-1,${KEY}\n`);
    const add = dialog().getByRole('button', { name: 'Add 2 devices' });
    expect(await add.isDisabled()).toBe(true);
    const savedFirst = tab.page.waitForEvent('download');
    await tab.press('Save the keys', dialog());
    await savedFirst;
    await add.click();
    await see(dialog().getByRole('alert'), 'Line 3, name: there is a device "pump-1"');
    await drop('devices.csv', `name,key\nimport-1,\nimport-2,${KEY}\n`);
    const saved = tab.page.waitForEvent('download');
    await tab.press('Save the keys', dialog());
    const keys = readFileSync(await (await saved).path(), 'utf8');
    expect(keys).toMatch(/^name,identity,key\n"import-1","import-1","[0-9a-f]{32}"\n$/);
    await add.click();
    await see(dialog(), 'Added 2 devices');
    await tab.press('Done', dialog());
    await tab.one('device-import-2').waitFor();
  });

  it('imports what Leshan exports', async () => {
    await tab.press('Import');
    const security = [{ endpoint: 'leshan-1', tls: { mode: 'psk', details: { identity: 'l', key: KEY } } }];
    await drop('security.json', JSON.stringify(security));
    await tab.press('Add 1 device', dialog());
    await tab.press('Done', dialog());
    await tab.one('device-leshan-1').waitFor();
  });

  it('changes a device, and removes it', async () => {
    await tab.follow('import-2');
    await tab.press('Edit the device import-2');
    await dialog().getByLabel('Owner').fill('Ana');
    await dialog().getByLabel('Bytes a day to it').fill('5000');
    await tab.press('Save', dialog());
    await closed();
    const changed = await server.api('devices.show', { params: { device: 'import-2' } });
    expect(changed).toMatchObject({ owner: 'Ana', downlink: { bytesPerDay: 5000, awakeSeconds: 93 } });
    await tab.press('Remove the device import-2');
    await tab.press('Remove', dialog());
    await tab.one('device-import-1').waitFor();
    await tab.one('device-import-2').waitFor({ state: 'hidden' });
  });

  it('replaces every credential by one new key', async () => {
    await tab.follow('import-1');
    await tab.press('Replace all credentials by one new key');
    await tab.press('Replace all', dialog());
    await see(tab.page.getByRole('region', { name: 'Credentials' }), 'shown this once');
    await tab.go('Fleet');
  });

  it('creates an instance with values, discovers with a depth, and reads the messages as they pass', async () => {
    await tab.follow(params.device);
    // The server follows the device before it answers.
    const listening = tab.page.waitForResponse((response) => response.url().endsWith('/trace'));
    await tab.press('Listen');
    await listening;
    await tab.one('trace').waitFor();
    await tab.press('Create an instance of /1');
    await dialog().getByLabel('Number of the instance').fill('7');
    await dialog().getByLabel('Short Server ID').fill('0');
    await see(dialog(), 'Expected 1 to 65534');
    await dialog().getByLabel('Short Server ID').fill('123');
    await dialog().getByLabel('Notification Storing').selectOption('true');
    await tab.press('Create', dialog());
    await closed();
    await tab.press('Discover /3');
    await dialog().getByLabel('Levels below the path').selectOption('2');
    await tab.press('Discover', dialog());
    await closed();
    const { items } = await server.api('commands.list', { query: params });
    expect(items.map(({ operation }) => operation)).toEqual([
      { kind: 'discover', path: '/3', depth: 2 },
      {
        kind: 'create',
        path: '/1',
        instanceId: 7,
        values: [
          { path: '/0', value: 123 },
          { path: '/6', value: true },
        ],
      },
    ]);
    await until('both were asked', async () => ['0.02 /1', '0.01 /3'].every((asked) => device.asked.includes(asked)));
    await see(tab.one('trace'), 'POST');
  });

  it('creates and writes with secrets, and shows them never again', async () => {
    await tab.press('Create an instance of /1');
    await dialog().getByLabel('APN Link (/10)').fill('11:7');
    await dialog().getByLabel('Secret').check();
    await tab.press('Create', dialog());
    await closed();
    await tab.press('Several at once');
    await dialog().getByLabel('Resources').fill('/3/0/15 = hunter2');
    await dialog().getByLabel('Secret').check();
    await tab.press('What does it cost?', dialog());
    await tab.press('Write', dialog());
    await closed();
    const { items } = await server.api('commands.list', { query: params });
    const [written, created] = items.map(({ operation }) => operation);
    const hidden = { value: null, secret: true };
    expect(written).toEqual({ kind: 'write-composite', values: [{ path: '/3/0/15', ...hidden }] });
    expect(created).toEqual({ kind: 'create', path: '/1', values: [{ path: '/10', ...hidden }] });
    await see(tab.page.getByRole('main'), '(hidden)');
    expect(await tab.page.content()).not.toContain('hunter2');
  });

  it('applies a policy: errors by line, what it matches, and its end', async () => {
    await tab.go('Policies');
    await tab.press('New policy');
    const editor = dialog().getByRole('textbox', { name: 'Policy as YAML' });
    const example = (await editor.inputValue()).replace('fleet: trucks', 'fleet: pumps');
    await editor.fill(example.replace('threshold', 'treshold'));
    await tab.press('Apply', dialog());
    await see(dialog().getByRole('alert'), /line 8, column 5: .*did you mean threshold/);
    await editor.fill(example);
    await tab.press('Apply', dialog());
    await see(tab.one('policy-applied'), 'It matches 1 device');
    await see(tab.one('policy-applied'), 'pump-1');
    await tab.press('Done', dialog());
    await tab.press('Edit battery');
    await editor.fill(example.replace('below: 20', 'below: 15'));
    await tab.press('Apply', dialog());
    await see(tab.one('policy-applied'), 'Replaced battery, version 2');
    await tab.press('Done', dialog());
    await see(tab.one('policy-battery'), 'below 15');
    await tab.press('Remove battery');
    await tab.press('Remove', dialog());
    await tab.one('policy-battery').waitFor({ state: 'hidden' });
    expect((await server.api('policies.list')).items).toEqual([]);
  });

  it('uploads an artifact in pieces, updates a device with it, and removes it', async () => {
    await tab.go('Updates');
    await tab.press('Add artifact');
    await drop('pump fw.bin', Buffer.alloc(2_500_000, 7));
    expect(await dialog().getByLabel('Name').inputValue()).toBe('pump-fw.bin');
    await dialog().getByLabel('Version').fill('2.0');
    await tab.press('Upload', dialog());
    const row = tab.one('artifact-pump-fw.bin-2.0');
    await see(row, 'Ready');
    await see(row, '2.5 MB');
    await tab.go('Fleet');
    await tab.follow(params.device);
    await tab.press('Start an update');
    await dialog().getByLabel('How it gets there').selectOption('push');
    await tab.press('Start', dialog());
    await closed();
    // The device has nothing to say of its object 5.
    const [update] = await until('it is over', async () => {
      const { items } = await server.api('updates.list', { query: params });
      return items[0] && items[0].state !== 'running' && items;
    });
    expect(update).toMatchObject({ artifact: 'pump-fw.bin 2.0', path: '/5/0', state: 'failed' });
    await tab.go('Updates');
    await see(tab.page.getByRole('table', { name: 'Updates' }), 'Failed');
    await tab.press('Remove pump-fw.bin 2.0');
    await tab.press('Remove', dialog());
    await row.waitFor({ state: 'hidden' });
    expect((await server.api('artifacts.list')).items).toEqual([]);
  });

  it('says what frames mean, who sends them, and gives the network a token that can do nothing else', async () => {
    await tab.go('Frames');
    await tab.press('Add layout');
    const editor = dialog().getByRole('textbox', { name: 'Layout as JSON' });
    const layout = await editor.inputValue();
    await editor.fill('{"name": "tank", "fields": []}');
    await tab.press('Save', dialog());
    await see(dialog().getByRole('alert'), 'fields:');
    await editor.fill(layout);
    await tab.press('Save', dialog());
    await see(tab.one('layout-tank'), '/3435/0/2');
    await tab.page.getByLabel('A token for the network').fill('sigfox');
    await tab.press('Add');
    const shown = tab.page.getByRole('status').filter({ hasText: 'shown this once' });
    const token = await shown.locator('code').innerText();

    await tab.go('Fleet');
    await tab.press('Add device');
    await dialog().getByLabel('Endpoint name').fill('tank-1');
    await dialog().getByLabel('It comes').selectOption('frames');
    await tab.press('Add', dialog());
    // The list behind the dialog may name it by now.
    await dialog().getByRole('link', { name: 'tank-1' }).click();
    await tab.press('Let tank-1 send frames');
    await dialog().getByLabel('Link').fill('1A2B3C');
    await dialog().getByRole('combobox', { name: 'Layouts' }).press('ArrowDown');
    await tab.page.getByRole('option', { name: 'tank' }).click();
    await tab.press('Save', dialog());
    const frames = tab.page.getByRole('region', { name: 'Frames' });
    await see(frames, 'shown this once');
    const key = createSecretKey(Buffer.from(await frames.locator('code').innerText(), 'hex'));
    const frame = makeFrame({ layout: 0, counter: 1, payload: Buffer.from('03e8a0', 'hex') }, key);
    const network = createApi(server.ready.url, { authorization: `Bearer ${token}` });
    await network('frames.take', { body: { link: '1A2B3C', data: Buffer.from(frame).toString('hex') } });
    await see(tab.one('value-/3435/0/2'), '10');
    await see(frames, 'number 1');
  });

  it('adds the stranger whose registration failed', async () => {
    await using stranger = new ScriptedDevice('stranger-1', await udpWire(server.ready.coapPort ?? 0), {});
    expect(await stranger.register()).not.toBe('2.01');
    await tab.go('Connections');
    await tab.press('Add stranger-1 as a device');
    await tab.press('Add', dialog());
    await see(tab.one('device-added'), 'stranger-1');
    await tab.press('Done', dialog());
    expect(await stranger.register()).toBe('2.01');
  });

  it('trusts an authority, admits an expired certificate under it, and changes and removes both', async () => {
    await tab.go('Settings');
    await tab.press('Add authority');
    const { certificate } = issue({ subject: 'Fleet root', ca: true }).pem;
    await tab.page.locator('input[type=file]').first().setInputFiles(file('root.pem', certificate));
    const read = dialog().getByRole('textbox', { name: 'Certificate' });
    await until('it is read', async () => (await read.inputValue()) === certificate);
    await dialog().getByLabel('Name').fill('fleet');
    await tab.press('Add', dialog());
    await see(tab.one('authority'), 'common name');
    await tab.press('Change fleet');
    await dialog().getByLabel('Its certificates tell the device by').selectOption('dns');
    await tab.press('Change', dialog());
    await see(tab.one('authority'), 'DNS name');

    await tab.go('Fleet');
    await tab.follow('leshan-1');
    await tab.press('Add');
    await dialog().getByLabel('It proves itself with').selectOption('authority');
    await dialog().getByLabel('Authority').selectOption('fleet');
    await tab.press('Add', dialog());
    await closed();
    await tab.press('Admit the expired certificate of leshan-1');
    const inAWeek = new Date(Date.now() + 7 * 86_400_000).toISOString().slice(0, 16);
    await dialog().getByLabel('Until').fill(inAWeek);
    await dialog().getByLabel('Why').fill('the new one is on its way');
    await tab.press('Admit', dialog());
    await closed();
    await tab.go('Connections');
    await see(tab.one('admission-leshan-1'), 'the new one is on its way');
    await tab.press('Admit leshan-1 no longer');
    await tab.one('admission-leshan-1').waitFor({ state: 'hidden' });

    await tab.go('Settings');
    await tab.press('Remove fleet');
    await tab.press('Remove', dialog());
    await tab.one('authority').waitFor({ state: 'hidden' });
    const { credentials } = await server.api('devices.show', { params: { device: 'leshan-1' } });
    expect(credentials.map(({ kind }) => kind)).toEqual(['psk']);
  });

  it('gives a program a token with a scope', async () => {
    await tab.page.getByLabel('What a new token lets its program do').selectOption('read');
    await tab.page.getByLabel('Name of a new token').fill('dashboard');
    await tab.page.getByLabel('Name of a new token').press('Enter');
    const token = await tab.page.getByRole('status').filter({ hasText: 'Token dashboard' }).locator('code').innerText();
    const program = createApi(server.ready.url, { authorization: `Bearer ${token}` });
    await expect(program('devices.remove', { params: { device: 'tank-1' } })).rejects.toMatchObject({
      problem: { status: 403 },
    });
    await tab.press('Revoke dashboard');
    await tab.page.getByRole('button', { name: 'Revoke dashboard' }).waitFor({ state: 'hidden' });
  });

  it('shows what a person added while the list was fetched for the first time, also without events', async () => {
    const { page } = tab;
    const first = Promise.withResolvers<void>();
    const added = Promise.withResolvers<void>();
    await page.route('**/api/v1/events', (route) => route.fulfill({ status: 503 }));
    await page.route('**/api/v1/tokens', async (route) => {
      if (route.request().method() !== 'GET') return route.continue();
      const response = await route.fetch();
      first.resolve();
      await added.promise;
      await route.fulfill({ response });
    });
    await page.reload();
    await first.promise;
    await page.getByLabel('Name of a new token').fill('printer');
    await page.getByLabel('Name of a new token').press('Enter');
    await see(page.getByRole('status'), 'Token printer');
    added.resolve();
    await page.getByRole('button', { name: 'Revoke printer' }).waitFor();
    await page.unrouteAll();
    await page.reload();
    await see(tab.one('connection'), 'Live');
  });

  it('gives a device keys of its own for a server elsewhere, and takes them away', async () => {
    const body = { accounts: [{ shortServerId: 9, uri: 'coaps://metering.example.com' }] };
    await server.api('bootstrap.set-template', { params: { name: 'meters' }, body });
    const credential = { kind: 'psk', purpose: 'bootstrap' } as const;
    await server.api('devices.add', { body: { endpoint: 'meter-1', labels: { group: 'meters' }, credential } });
    await tab.go('Fleet');
    await tab.follow('meter-1');
    await see(tab.one('account-9'), 'neither the device nor its template has keys');
    await tab.press('Set keys for server 9');
    await dialog().getByLabel('Identity').fill('meter');
    await dialog().getByLabel('Key in hex').fill(KEY);
    await tab.press('Set', dialog());
    await see(tab.one('account-9'), 'Keys of its own are set');
    expect(await tab.page.content()).not.toContain(KEY);
    await tab.press('Remove keys for server 9');
    await tab.press('Remove', dialog());
    await see(tab.one('account-9'), 'neither the device nor its template has keys');
  });

  it('saw no error but what was refused', async () => {
    const refused = ['/devices', '/device-imports', '/policies', '/frame-layouts'];
    const statuses = [400, 409, 422].flatMap((status) => refused.map((path) => [status, path] as const));
    expect(tab.complaints([[401, '/session'], [503, '/events'], ...statuses])).toEqual([]);
  });
});
