import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { ConfigError, readConfigFile } from './config-file.ts';

const folder = mkdtempSync(join(tmpdir(), 'reeve-config-'));
afterAll(() => rmSync(folder, { recursive: true }));

let files = 0;
function written(content: unknown): string {
  const file = join(folder, `${files++}.json`);
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

const faults = async (content: unknown): Promise<string[]> => {
  const error = await readConfigFile(written(content)).catch((thrown: unknown) => thrown);
  if (!(error instanceof ConfigError)) throw new Error('it was taken');
  return error.message.split('\n').slice(1);
};

describe('a configuration file', () => {
  it('tells how much devices are sent', async () => {
    const downlink = { bytesPerSecond: 5000, sites: { 'depot-3': 200 } };
    expect(await readConfigFile(written({ downlink }))).toEqual({ downlink });
    expect(await faults({ downlink: { sites: { 'depot-3': 0 }, bytes: 1 } })).toEqual([
      '  downlink.bytes: there is no such setting',
      '  downlink.sites.depot-3: must be >= 1',
    ]);
  });

  it('tells who sends SMS, with a secret that lies beside it', async () => {
    const sms = { url: 'https://sms.example/reeve', secretFile: 'sms.secret', wake: 'normal', perDay: 3 };
    expect(await readConfigFile(written({ sms }))).toEqual({ sms: { ...sms, secretFile: join(folder, 'sms.secret') } });
    expect(await faults({ sms: { url: 'sms.example', wake: 'always' } })).toEqual([
      '  sms: secretFile must be there',
      expect.stringContaining('  sms.url: '),
      '  sms.wake: must be urgent, normal or never',
    ]);
  });

  it('tells listeners and identities, whose files lie beside it', async () => {
    const listener = { host: '::', port: 5684, suites: ['TLS_PSK_WITH_AES_128_CCM_8'], credentials: ['psk'] };
    const overTcp = { transport: 'coaps+tcp', host: '::', port: 5684 };
    const identity = { serverNames: ['reeve.example.com'], certificate: 'tls/chain.pem', key: '/etc/key.pem' };
    expect(await readConfigFile(written({ listeners: [listener, overTcp], identities: [identity] }))).toEqual({
      listeners: [listener, overTcp],
      identities: [{ ...identity, certificate: join(folder, 'tls/chain.pem') }],
    });
    expect(await readConfigFile(written({}))).toEqual({});
  });

  const one = (more: object) => ({ listeners: [{ host: '::', port: 5684, ...more }] });
  it.each([
    [one({ port: 70_000 }), /^ {2}listeners\[0\]\.port: .*65535/],
    [one({ suites: ['TLS_NULL'] }), /^ {2}listeners\[0\]\.suites\[0\]: must be one of .*TLS_PSK_WITH_AES_128_CCM_8/],
    [
      one({ credentials: ['password'] }),
      /^ {2}listeners\[0\]\.credentials\[0\]: must be one of psk, raw-key, certificate$/,
    ],
    [one({ transport: 'coaps+ws' }), /^ {2}listeners\[0\]\.transport: must be one of coaps, coaps\+tcp, coap\+tcp$/],
    [one({ staleRevocationList: 'maybe' }), /^ {2}listeners\[0\]\.staleRevocationList: must be accept or refuse$/],
    [one({ resumption: 'yes' }), /^ {2}listeners\[0\]\.resumption: .*boolean/],
    [{ listeners: [{ port: 5684 }] }, /^ {2}listeners\[0\]: host must be there$/],
    [{ identity: [] }, /^ {2}identity: there is no such setting$/],
    [[], /^ {2}the file: .*object/],
  ])('that does not fit is refused with what may stand there: %j', async (content, line) => {
    expect(await faults(content)).toEqual([expect.stringMatching(line)]);
  });

  it('that is no JSON, or not there, is refused in words', async () => {
    expect(await faults('{ listeners')).toEqual([expect.stringMatching(/it is no JSON/)]);
    await expect(readConfigFile(join(folder, 'none.json'))).rejects.toThrow(/none\.json/);
  });
});
