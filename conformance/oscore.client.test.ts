import { createSecretKey } from 'node:crypto';
import { oscoreInstance } from '@reeve/agent';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { TestServer, until } from '../e2e/harness.ts';
import { RunningClient } from '../e2e/running-client.ts';
import { accountOf, deviceOf } from './configuration.ts';
import { judge } from './suite.ts';

const SECRET = '000102030405060708090a0b0c0d0e0f';

/**
 * At each start the client derives new keys (RFC 8613 Appendix B.2), which none of the foreign peers can: here alone the
 * other side is our own server, whose OSCORE is held to the vectors of the RFC, and to aiocoap in its own cases.
 */
describe('OSCORE', () => {
  let server: TestServer;
  let running: RunningClient | undefined;
  beforeAll(async () => {
    server = await TestServer.start({ bootstrap: true, noSec: true });
  });
  afterEach(() => running?.close());
  afterAll(() => server?.close());

  const context = (senderId: number) =>
    oscoreInstance({
      masterSecret: createSecretKey(Buffer.from(SECRET, 'hex')),
      senderId: Buffer.of(senderId),
      recipientId: Buffer.of(0),
    });
  /** The device is registered over OSCORE, and read. */
  const served = async (device: string) => {
    const params = { device };
    const registration = await until('it is registered', async () => {
      return (await server.api('devices.show', { params })).registration;
    });
    expect(registration).toMatchObject({ security: 'oscore' });
    const body = { operation: { kind: 'read', path: '/3/0/0' } } as const;
    const read = await server.api('commands.create', { params, query: { wait: 20 }, body });
    expect(read).toMatchObject({ code: '2.05', values: [{ value: 'Open Mobile Alliance' }] });
  };

  judge('client', '1.1-int-405', async () => {
    const credential = { kind: 'oscore', key: SECRET, oscore: { senderId: '0a' } } as const;
    await server.api('devices.add', { body: { endpoint: 'int-405', credential } });
    const account = accountOf({ uri: `coap://127.0.0.1:${server.ready.coapPort}`, oscore: 0 });
    running = await RunningClient.start('int-405', [deviceOf(), ...account, context(0x0a)]);
    await served('int-405');
  });

  judge('client', '1.2-int-11', async () => {
    const template = { accounts: [{ shortServerId: 1, security: 'oscore' as const }] };
    await server.api('bootstrap.set-template', { params: { name: 'default' }, body: template });
    const credential = { kind: 'oscore', purpose: 'bootstrap', key: SECRET, oscore: { senderId: '0b' } } as const;
    await server.api('devices.add', { body: { endpoint: 'int-11', credential } });
    const bootstrap = { uri: server.plainBootstrap, oscore: 0 };
    running = await RunningClient.start('int-11', [deviceOf(), context(0x0b)], { bootstrap, version: '1.2' });
    await served('int-11');
    expect(running.events.map(({ kind }) => kind).slice(0, 3)).toEqual(['bootstrapping', 'bootstrapped', 'registered']);
  });
});
