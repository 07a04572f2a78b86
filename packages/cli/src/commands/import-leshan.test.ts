import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { issue } from '../../../dtls/src/x509/testing.ts';
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
const load = (list: unknown, ...more: string[]) =>
  reeve(['device', 'import', '--leshan', '-', ...more], typeof list === 'string' ? list : JSON.stringify(list));
const credentialsOf = async (device: string) =>
  JSON.parse((await reeve(['credential', 'ls', device, '--json'])).out).items;
const psk = (endpoint: string, identity: string, key = KEY) => ({
  endpoint,
  tls: { mode: 'psk', details: { identity, key } },
});

describe('reeve device import --leshan', () => {
  it('adds devices with pre-shared keys, raw public keys, certificates and OSCORE, or two of them', async () => {
    const ca = join(folder, 'ca.pem');
    writeFileSync(ca, issue({ subject: 'Fleet root', ca: true }).pem.certificate);
    expect((await reeve(['ca', 'add', ca, '--name', 'fleet'])).code).toBe(0);
    const { publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const spki = publicKey.export({ type: 'spki', format: 'der' }).toString('hex');
    const list = [
      psk('l-psk', 'some id'),
      { endpoint: 'l-rpk', tls: { mode: 'rpk', details: { key: spki } } },
      { endpoint: 'l-x509', tls: { mode: 'x509' } },
      { ...psk('l-two', 'two'), oscore: { sid: 'aa', rid: 'bb', msec: KEY } },
    ];
    const { code, err } = await load(list, '--ca', 'fleet');
    expect([code, err]).toEqual([0, 'Added 4 devices.']);
    expect(await credentialsOf('l-psk')).toMatchObject([{ kind: 'psk', identity: 'some id', purpose: 'management' }]);
    expect(await credentialsOf('l-rpk')).toMatchObject([{ kind: 'raw-key' }]);
    expect(await credentialsOf('l-x509')).toMatchObject([{ kind: 'certificate', authority: 'fleet' }]);
    const two = await credentialsOf('l-two');
    expect(two).toHaveLength(2);
    // The Recipient ID of the Leshan server is the Sender ID of the device.
    expect(two).toContainEqual(expect.objectContaining({ kind: 'oscore', identity: expect.stringContaining('bb') }));
  });

  it('is known by the name of its file', async () => {
    const file = join(folder, 'clients.json');
    writeFileSync(file, JSON.stringify([psk('l-named', 'l-named')]));
    expect(await reeve(['device', 'import', file])).toMatchObject({ code: 0, err: 'Added 1 device.' });
  });

  it('gives keys for the bootstrap server', async () => {
    expect((await load([psk('l-boot', 'l-boot')], '--bootstrap')).code).toBe(0);
    expect(await credentialsOf('l-boot')).toMatchObject([{ purpose: 'bootstrap' }]);
  });

  it('tells by entry and endpoint what the server refuses, and adds nothing', async () => {
    expect((await load([psk('m-0', 'taken')])).code).toBe(0);
    const { code, err } = await load([
      psk('m-1', 'm-1'),
      psk('m-2', 'taken'),
      psk('m-0', 'x'),
      psk('m-1', 'y'),
      { endpoint: 'm-3', tls: { mode: 'rpk', details: { key: '00' } } },
    ]);
    expect(code).toBe(4);
    expect(err).toContain('Entry 5 (m-3), publicKey: is no public key');
    const taken = await load([psk('m-1', 'm-1'), psk('m-2', 'taken'), psk('m-0', 'x'), psk('m-1', 'y')]);
    expect(taken.code).toBe(4);
    expect(taken.err).toContain('Entry 2 (m-2): a device has the identity "taken"');
    expect(taken.err).toContain('Entry 3 (m-0), name: there is a device "m-0"');
    expect(taken.err).toContain('Entry 4 (m-1), name: "m-1" is there twice');
    expect((await load([psk('m-4', 'm-4', '0011')])).err).toContain('Entry 1 (m-4), key:');
    expect((await load([{ endpoint: 'm-5', tls: { mode: 'x509' } }], '--ca', 'none')).err).toContain(
      'Entry 1 (m-5): There is no authority "none"',
    );
    const { out } = await reeve(['device', 'ls', '--json', '--search', 'm-']);
    expect(JSON.parse(out).items).toHaveLength(1);
  });

  it.each([
    ['{', 'no JSON'],
    ['{}', 'no JSON array'],
    ['[]', 'no devices'],
    [[{}], 'Entry 1: endpoint is missing'],
    [[{ endpoint: 'n-1' }], 'Entry 1 (n-1): has neither tls nor oscore'],
    [[psk('n-1', 'x', 'xy')], 'Entry 1 (n-1): tls.details.key is not hex'],
    [[psk('n-1', 'x'), { endpoint: 'n-2', tls: { mode: 'x509' } }], 'Entry 2 (n-2): any certificate'],
    [[{ endpoint: 'n-1', tls: { mode: 'magic' } }], 'tls.mode is none of psk, rpk, x509: "magic"'],
    [[{ endpoint: 'n-1', oscore: { sid: 'a', rid: 'bb', msec: KEY } }], 'oscore.sid or oscore.rid is not hex'],
  ])('refuses a file that is wrong before it asks the server: %j', async (list, why) => {
    const { code, err } = await load(list);
    expect([code, err]).toEqual([2, expect.stringContaining(why)]);
  });
});
