import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootstrapOptions } from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newKeys, pem, spkiOf } from '../packages/dtls/src/x509/testing.ts';
import { type LeshanServer, leshanAvailable, startLeshanServer } from '../peers/leshan/driver.ts';
import {
  type LeshanBootstrapServer,
  leshan15Available,
  startLeshanBootstrapServer,
} from '../peers/leshan-1.5/driver.ts';
import { until } from './harness.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Our client gets its accounts from one server that nobody here wrote, and registers at another. */
describe.skipIf(!leshanAvailable() || !leshan15Available())('the LwM2M client and a Leshan bootstrap server', () => {
  const factory = { identity: 'agent-factory', key: randomBytes(16) };
  const given = { identity: 'agent-given', key: randomBytes(16) };
  const open: RunningClient[] = [];
  let bootstrap: LeshanBootstrapServer;
  let server: LeshanServer;

  beforeAll(async () => {
    [bootstrap, server] = await Promise.all([startLeshanBootstrapServer(), startLeshanServer({ psks: [given] })]);
  });
  afterAll(async () => {
    for (const one of open) one.close();
    await Promise.all([bootstrap?.stop(), server?.stop()]);
  });

  async function run(endpoint: string, bootstrap: BootstrapOptions) {
    const running = await RunningClient.start(endpoint, [truckInstance()], { bootstrap });
    open.push(running);
    const { client, events } = running;
    return { client, events, run: running.run.bind(running) };
  }

  const noSec = () => ({
    security: { 1: { uri: server.coap, securityMode: 'NO_SEC', serverId: 7 } as const },
    servers: { 0: { shortId: 7, lifetime: 60, binding: 'U' } as const },
  });

  it('0 (1.0), 4: without security, and it keeps the bootstrap account', async () => {
    const endpoint = 'agent-open-bootstrap';
    await bootstrap.admit({ endpoint, config: { toDelete: ['/0', '/1'], ...noSec() } });
    const { client, events, run: input } = await run(endpoint, { uri: bootstrap.coap });
    await bootstrap.waitFor((event) => event.event === 'finished' && event.endpoint === endpoint);
    const registered = await server.waitFor((event) => event.event === 'registered' && event.endpoint === endpoint);
    expect(registered).toMatchObject({ lifetime: 60 });
    const steps = bootstrap.history.flatMap((event) => (event.event === 'accepted' ? event.path : []));
    expect(steps.slice(0, 4)).toEqual(['/0', '/1', '/0/1', '/1/0']);
    await until('it knows that it is registered', async () => events.at(-1)?.kind === 'registered');
    expect(events.map(({ kind }) => kind)).toEqual(['bootstrapping', 'bootstrapped', 'registered']);
    expect(client.get(path(0, 0, 0)).value).toBe(bootstrap.coap);
    expect(await server.request('read', endpoint, '/1/0/1')).toMatchObject({ code: 205, value: 60 });

    // 5: the server sends it to the bootstrap server again.
    await bootstrap.admit({
      endpoint,
      config: { ...noSec(), servers: { 0: { ...noSec().servers[0], lifetime: 120 } } },
    });
    expect(await server.request('execute', endpoint, '/1/0/9')).toMatchObject({ code: 204 });
    await bootstrap.waitFor((event) => event.event === 'finished' && event.endpoint === endpoint);
    const again = await server.waitFor((event) => event.event === 'registered' && event.endpoint === endpoint);
    expect(again).toMatchObject({ lifetime: 120 });
    input((now) => client.stop(now));
  });

  it('1: with pre-shared keys for both servers', async () => {
    const endpoint = given.identity;
    await bootstrap.admit({
      endpoint,
      psk: { identity: factory.identity, key: base64(factory.key) },
      config: {
        toDelete: ['/0', '/1'],
        security: {
          1: {
            uri: server.coaps,
            securityMode: 'PSK',
            publicKeyOrId: base64(Buffer.from(given.identity)),
            secretKey: base64(given.key),
            serverId: 7,
          },
        },
        servers: noSec().servers,
      },
    });
    const psk = { identity: Buffer.from(factory.identity), key: factory.key };
    const { client, events, run: input } = await run(endpoint, { uri: bootstrap.coaps, psk });
    await server.waitFor((event) => event.event === 'registered' && event.endpoint === endpoint);
    await until('it knows that it is registered', async () => events.at(-1)?.kind === 'registered');
    expect(client.addresses).toMatchObject([{ to: server.coaps }]);
    expect(await server.request('read', endpoint, '/3/0/0')).toMatchObject({ code: 205, value: 'Reeve' });
    input((now) => client.stop(now));
  });

  it('1: with raw public keys', async () => {
    const endpoint = 'agent-raw-bootstrap';
    const [own, theirs] = [newKeys.p256(), newKeys.p256()];
    const folder = mkdtempSync(join(tmpdir(), 'reeve-bootstrap-'));
    const file = (name: string, text: string): string => {
      writeFileSync(join(folder, name), text, { mode: 0o600 });
      return join(folder, name);
    };
    const raw = await startLeshanBootstrapServer({
      rawKey: {
        privateKey: file('key', theirs.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()),
        publicKey: file('pub', pem('PUBLIC KEY', spkiOf(theirs.publicKey))),
      },
    });
    try {
      await raw.admit({ endpoint, publicKey: base64(spkiOf(own.publicKey)), config: noSec() });
      const rawKey = {
        publicKey: spkiOf(own.publicKey),
        privateKey: own.privateKey,
        serverKey: spkiOf(theirs.publicKey),
      };
      await run(endpoint, { uri: raw.coaps, rawKey });
      await raw.waitFor((event) => event.event === 'finished' && event.endpoint === endpoint);
      await server.waitFor((event) => event.event === 'registered' && event.endpoint === endpoint);
    } finally {
      await raw.stop();
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('9: refuses to finish with a server that has no security', async () => {
    const endpoint = 'agent-inconsistent';
    await bootstrap.admit({ endpoint, config: { security: {}, servers: noSec().servers } });
    const { client, events, run: input } = await run(endpoint, { uri: bootstrap.coap });
    const refused = await bootstrap.waitFor((event) => event.event === 'refused' && event.endpoint === endpoint);
    expect(refused).toMatchObject({ request: 'BootstrapFinishRequest', code: 406 });
    expect(events).toContainEqual({
      kind: 'refused',
      code: 0x86,
      detail: expect.stringContaining('no server account'),
    });
    expect(client.get(path(1, 0, 1)).type).toBe('none');
    input((now) => client.stop(now));
  });
});
