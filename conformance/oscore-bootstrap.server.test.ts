import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer, until } from '../e2e/harness.ts';
import { aiocoapBuild } from '../peers/aiocoap/build.ts';
import { AiocoapProgram } from '../peers/aiocoap/program.ts';
import { judge } from './suite.ts';

const SECRET = '000102030405060708090a0b0c0d0e0f';
const SALT = '9e7ca92223786340';

/** A device on aiocoap. It asks for a Bootstrap-Pack, since it serves no objects that could be written. */
describe.skipIf(!aiocoapBuild.isHere())('bootstrap over OSCORE', () => {
  const context = mkdtempSync(join(tmpdir(), 'reeve-int-'));
  let server: TestServer;
  beforeAll(async () => {
    server = await TestServer.start({ bootstrap: true, noSec: true });
  });
  afterAll(async () => {
    await server?.close();
    rmSync(context, { recursive: true, force: true });
  });

  judge('server', '1.2-int-11', async () => {
    const account = { shortServerId: 101, uri: 'coap://192.0.2.9', security: 'none' } as const;
    await server.api('bootstrap.set-template', { params: { name: 'default' }, body: { accounts: [account] } });
    const oscore = { senderId: '0b', salt: SALT };
    const credential = { kind: 'oscore', purpose: 'bootstrap', key: SECRET, oscore } as const;
    await server.api('devices.add', { body: { endpoint: 'int-11', credential } });
    const secret = { secret_hex: SECRET, salt_hex: SALT, 'sender-id_hex': '0b', 'recipient-id_hex': '00' };
    writeFileSync(join(context, 'secret.json'), JSON.stringify(secret));
    const device = await AiocoapProgram.start(['--oscore', context, '--to', server.plainBootstrap]);
    try {
      expect(await device.do('get /bspack?ep=int-11&acc=%3C/0/0%3E,%3C/21/0%3E')).toMatch(/^2\.05 /);
      const session = await until('the bootstrap is over', async () => {
        const { items } = await server.api('bootstrap.list', { query: { device: 'int-11' } });
        return items.find(({ state }) => state !== 'running');
      });
      expect(session).toMatchObject({ state: 'finished', pack: true, identity: 'hex:0b' });
    } finally {
      device.stop();
    }
  });
});
