import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ServedCli } from '../test-server.ts';

const KEY = '00112233445566778899aabbccddeeff';

let folder: string;
let served: ServedCli;

beforeAll(async () => {
  served = await ServedCli.start();
  folder = served.folder;
});
afterAll(() => served?.close());

const reeve = (words: readonly string[], input = '') => served.run(words, input);
const load = (csv: string, ...more: string[]) => reeve(['device', 'import', '-', ...more], csv);

async function names(): Promise<string[]> {
  const { out } = await reeve(['device', 'ls', '--json', '--limit', '500']);
  return JSON.parse(out).items.map(({ endpoint }: { endpoint: string }) => endpoint);
}

describe('reeve device import', () => {
  it('adds devices with what their line says, and makes the keys that lack', async () => {
    const keys = join(folder, 'keys.csv');
    const csv = `name,identity,key,site,owner,label.model,label.zone\na-1,,${KEY},"Reno, NV",Ana,T4,\na-2,"id,2",,,,,west\n`;
    const { code, err } = await load(csv, '--keys', keys);
    expect([code, err.split('\n')[0]]).toEqual([0, 'Added 2 devices.']);
    const show = async (name: string) => JSON.parse((await reeve(['device', 'show', name, '--json'])).out);
    expect(await show('a-1')).toMatchObject({ site: 'Reno, NV', owner: 'Ana', labels: { model: 'T4' } });
    expect(await show('a-2')).toMatchObject({ labels: { zone: 'west' } });
    const credentials = JSON.parse((await reeve(['credential', 'ls', 'a-2', '--json'])).out);
    expect(credentials.items[0]).toMatchObject({ kind: 'psk', identity: 'id,2' });
    expect(readFileSync(keys, 'utf8')).toMatch(/^name,identity,key\n"a-2","id,2","[0-9a-f]{32}"\n$/);
    expect(statSync(keys).mode & 0o777).toBe(0o600);
  });

  it('gives devices a group, values of their own, and keys for the bootstrap server', async () => {
    const csv = `name,key,group,value./3/0/15,value./3/0/14\ng-1,${KEY},pumps,Europe/Rome,\n`;
    expect((await load(csv, '--bootstrap')).code).toBe(0);
    const shown = JSON.parse((await reeve(['device', 'show', 'g-1', '--json'])).out);
    expect(shown).toMatchObject({ labels: { group: 'pumps' }, credentials: [{ purpose: 'bootstrap' }] });
    const { code, err } = await load(`name,key,value./0/1/5\ng-2,${KEY},00\n`);
    expect([code, err]).toEqual([4, expect.stringContaining('Line 2, values/0: /0/1/5 belongs to an account')]);
    expect((await load(`name,value.3/0/15\ng-2,x\n`)).err).toContain('there is no column "value.3/0/15"');
  });

  it('gives devices keys of their own for servers elsewhere, checked by line against their template', async () => {
    const account = { shortServerId: 9, uri: 'coaps://other.example', security: 'psk' };
    const template = { accounts: [{ shortServerId: 1 }, account] };
    await reeve(['bootstrap', 'template', 'set', 'meters', '-'], JSON.stringify(template));
    const columns = 'name,key,group,account.9.identity,account.9.key';
    const line = (name: string, own: string) => `${name},${KEY},meters,${own}\n`;
    const csv = `${columns}\n${line('m-1', `m-1-id,${KEY.match(/../g)?.join(':')}`)}${line('m-2', ',')}`;
    expect((await load(csv, '--bootstrap')).code).toBe(0);
    const keysOf = async (name: string) => JSON.parse((await reeve(['bootstrap', 'key', 'ls', name, '--json'])).out);
    expect((await keysOf('m-1')).items).toEqual([
      { ...account, own: true, changedAt: expect.any(Number), changedBy: expect.any(String) },
    ]);
    expect((await keysOf('m-2')).items).toMatchObject([{ own: false, fault: expect.any(String) }]);

    const wrong = `${columns}\n${line('m-3', `x,${KEY}`)}${line('m-4', 'x,')}${line('m-5', 'x,zz')}`;
    const { code, err } = await load(wrong);
    expect([code, err]).toEqual([4, expect.stringContaining('Line 4, account.9.key: ')]);
    const lacking = await load(`${columns}\n${line('m-3', `x,${KEY}`)}${line('m-4', 'x,')}m-6,${KEY},,x,${KEY}\n`);
    expect(lacking.err).toContain('Line 3, account.9: the keys for server 9 lack key');
    expect(lacking.err).toContain('Line 4, account.9: the template default has no account 9 on a server elsewhere');
    expect((await names()).filter((name) => name.startsWith('m-'))).toEqual(['m-1', 'm-2']);
    expect((await load(`name,account.9.colour\nm-7,x\n`)).err).toContain('there is no column "account.9.colour"');
  });

  it('tells what is wrong by line, adds nothing, and keeps no keys of nobody', async () => {
    const before = await names();
    const keys = join(folder, 'refused.csv');
    const csv = `name,identity,key\nb-1,,\na-1,,\n\nb-1,x,\nb-2,x,\nb-3,"id,2",\n`;
    const { code, err } = await load(csv, '--keys', keys);
    expect(code).toBe(4);
    expect(err).toContain('Line 3, name: there is a device "a-1"');
    expect(err).toContain('Line 5, name: "b-1" is there twice');
    expect(err).toContain('Line 6, identity: the identity "x" is there twice');
    expect(err).toContain('Line 7, identity: a device has the identity "id,2"');
    expect(await names()).toEqual(before);
    expect(existsSync(keys)).toBe(false);
  });

  it('tells of names that are taken together with what else the server refuses, by line', async () => {
    const csv = `name,key,value./0/0/5\nd-1,${KEY},\na-1,${KEY},\nd-2,${KEY},x\nd-1,${KEY},\n`;
    const { code, err } = await load(csv);
    expect(code).toBe(4);
    const lines = err.split('\n').flatMap((line) => /Line \d+.*/.exec(line) ?? []);
    expect(lines).toEqual([
      'Line 3, name: there is a device "a-1"',
      expect.stringMatching(/^Line 4, /),
      'Line 5, name: "d-1" is there twice',
    ]);
  });

  it('tells every line that is wrong by itself, before it asks the server', async () => {
    const { code, err } = await load(`name,identity,key\nc-1,,${KEY}\n,x,0011\nc-3,,00:zz\nc-4\nc-1,y,\n,,\n`);
    expect(code).toBe(2);
    expect(err.split('\n').map((line) => line.trim())).toEqual([
      'reeve: Line 3, name: is missing',
      'Line 3, key: must be 16 to 64 bytes in hex',
      'Line 4, key: must be 16 to 64 bytes in hex',
      'Line 5: 1 fields, not 3',
      'Line 6, name: "c-1" is there twice',
      'Line 7, name: is missing',
    ]);
  });

  it('tells by line what does not fit the schema', async () => {
    const csv = `name,identity,key\nc-1,,${KEY}\nc-4,${'i'.repeat(300)},${KEY}\n${'n'.repeat(300)},,${KEY}\n`;
    const { code, err } = await load(csv);
    expect(code).toBe(4);
    expect(err).toContain('Line 3, identity:');
    expect(err).toContain('Line 4, name:');
    expect((await names()).filter((name) => name.startsWith('c-'))).toEqual([]);
  });

  it.each([
    ['', 'no devices'],
    ['name\n', 'no devices'],
    ['identity,colour,colour\nx,y,z\n', 'Line 1: there is no column "colour"'],
    ['identity\nx\n', 'the column "name" is missing'],
    ['name,site\nd-1\nd-2,x,y\n', 'Line 2: 1 fields, not 2'],
    ['name\n"d-1\n', 'Line 2: a quote'],
    ['name\nd-1\n', '--keys FILE'],
  ])('refuses a file that is wrong before it asks the server: %j', async (csv, why) => {
    const { code, err } = await load(csv);
    expect([code, err.includes(why)]).toEqual([2, true]);
  });

  it('never writes keys over a file', async () => {
    const keys = join(folder, 'precious');
    writeFileSync(keys, 'precious');
    const { code, err } = await load('name\ne-1\n', '--keys', keys);
    expect([code, err.includes('Cannot write')]).toEqual([2, true]);
    expect(readFileSync(keys, 'utf8')).toBe('precious');
    expect(await names()).not.toContain('e-1');
  });

  it('adds thousands in one commit', async () => {
    const rows = Array.from({ length: 5000 }, (_, index) => `many-${String(index).padStart(4, '0')},${KEY}`);
    expect((await load(`name,key\n${rows.join('\n')}\n`)).code).toBe(0);
    expect((await names()).filter((name) => name.startsWith('many-')).length).toBeGreaterThan(400);
    const { code, err } = await load(`name,key\n${[...rows, `more,${KEY}`].join('\n')}\n`);
    expect(code).toBe(2);
    expect(err).toContain('There are 5001 devices in it; 5000 can be added at a time');
  });
});
