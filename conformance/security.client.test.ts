import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BootstrapOptions } from '@reeve/agent';
import { afterAll, afterEach, describe, expect } from 'vitest';
import { until } from '../e2e/harness.ts';
import { RunningClient } from '../e2e/running-client.ts';
import { issue } from '../packages/dtls/src/x509/testing.ts';
import { type LeshanServer, leshanAvailable, startLeshanServer } from '../peers/leshan/driver.ts';
import { leshan15Available, startLeshanBootstrapServer } from '../peers/leshan-1.5/driver.ts';
import { accountOf, deviceOf } from './configuration.ts';
import { judge } from './suite.ts';

const HOST = 'server.example.com';
/** The server's certificate is to lead to this one (/0/x/15). */
const TRUST_ANCHOR = 2;
const base64 = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64');

/** Cases that need keys are played with Leshan's servers. */
describe.skipIf(!leshanAvailable())('security', () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-conformance-'));
  const ca = issue({ subject: 'Trucks CA', ca: true });
  const shown = issue({ subject: HOST, dns: [HOST], issuer: ca });
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const file = (name: string, text: string): string => {
    const path = join(folder, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  };
  const serve = async (options: Parameters<typeof startLeshanServer>[0]): Promise<LeshanServer> => {
    const server = await startLeshanServer(options);
    open.push({ close: () => server.stop() });
    return server;
  };
  const start = async (...parameters: Parameters<typeof RunningClient.start>): Promise<RunningClient> => {
    const running = await RunningClient.start(...parameters);
    open.push(running);
    return running;
  };
  const served = async (server: LeshanServer, endpoint: string) => {
    await server.waitFor((event) => event.event === 'registered' && event.endpoint === endpoint);
    expect(await server.request('read', endpoint, '/3/0/0')).toMatchObject({ value: 'Open Mobile Alliance' });
  };
  /** How a server with certificates is started, that knows one device. */
  const certified = () => ({
    privateKey: file('server.key', shown.pem.privateKey),
    certificate: file('server.pem', shown.pem.chain),
    trust: file('ca.pem', ca.pem.certificate),
  });
  const certificateOf = (endpoint: string, serverName?: string) => {
    const { chain, privateKey } = issue({ subject: endpoint, issuer: ca });
    const server = { data: ca.certificate, usage: TRUST_ANCHOR } as const;
    return { chain, privateKey, server, ...(serverName !== undefined && { serverName }) };
  };

  judge('client', '1.0-int-401', async () => {
    const psk = { identity: 'int-401', key: randomBytes(16) };
    const server = await serve({ psks: [psk] });
    const security = { uri: server.coaps, psk: { identity: Buffer.from(psk.identity), key: psk.key } };
    await start('int-401', [deviceOf(), ...accountOf(security)]);
    await served(server, 'int-401');
  });

  judge('client', '1.1-int-402', async () => {
    const server = await serve({ certificate: { ...certified(), device: { endpoint: 'int-402' } } });
    const certificate = certificateOf('int-402', HOST);
    await start('int-402', [deviceOf(), ...accountOf({ uri: server.coaps, certificate })]);
    await served(server, 'int-402');
  });

  // The name that counts is that of the URI, unless the account says another (/0/x/14).
  for (const name of [undefined, 'other.example.com']) {
    judge('client', '1.1-int-403', async () => {
      const server = await serve({ certificate: { ...certified(), device: { endpoint: 'int-403' } } });
      const certificate = certificateOf('int-403', name);
      const { events } = await start('int-403', [deviceOf(), ...accountOf({ uri: server.coaps, certificate })]);
      expect(await until('it fails', async () => events[0])).toMatchObject({
        kind: 'failed',
        detail: expect.stringContaining('is not for the host'),
      });
      expect(server.history.map(({ event }) => event)).not.toContain('registered');
    });
  }

  describe.skipIf(!leshan15Available())('of a bootstrap server too', () => {
    type Bootstrap = Awaited<ReturnType<typeof startLeshanBootstrapServer>>;
    /** The client gets the account of a server, and registers there. */
    const bootstrapped = async (
      endpoint: string,
      {
        bootstrap,
        server,
        admit,
        security,
      }: {
        readonly bootstrap: Bootstrap;
        readonly server: LeshanServer;
        readonly admit: Omit<Parameters<Bootstrap['admit']>[0], 'endpoint' | 'config'>;
        readonly security: Omit<Parameters<Bootstrap['admit']>[0]['config']['security'][number], 'uri' | 'serverId'>;
      },
      options: Omit<BootstrapOptions, 'uri'>,
    ) => {
      open.push({ close: () => bootstrap.stop() });
      await bootstrap.admit({
        ...{ endpoint, ...admit },
        config: {
          toDelete: ['/0', '/1'],
          security: { 1: { uri: server.coaps, serverId: 7, ...security } },
          servers: { 0: { shortId: 7, lifetime: 60, binding: 'U' } },
        },
      });
      const { client } = await start(endpoint, [deviceOf()], { bootstrap: { uri: bootstrap.coaps, ...options } });
      await bootstrap.waitFor((event) => event.event === 'finished');
      await served(server, endpoint);
      expect(client.addresses).toMatchObject([{ to: server.coaps }]);
    };

    judge('client', '1.1-int-1', async () => {
      const endpoint = 'int-1';
      const [factory, given] = [randomBytes(16), randomBytes(16)];
      const [bootstrap, server] = await Promise.all([
        startLeshanBootstrapServer(),
        serve({ psks: [{ identity: endpoint, key: given }] }),
      ]);
      const admit = { psk: { identity: endpoint, key: base64(factory) } };
      const publicKeyOrId = base64(Buffer.from(endpoint));
      const security = { securityMode: 'PSK', publicKeyOrId, secretKey: base64(given) } as const;
      const psk = { identity: Buffer.from(endpoint), key: factory };
      await bootstrapped(endpoint, { bootstrap, server, admit, security }, { psk });
    });

    judge('client', '1.1-int-2', async () => {
      const endpoint = 'int-2';
      // A Leshan account says nothing of names: the server's own certificate is given (/0/x/15 is 3 then).
      const given = issue({ subject: endpoint, issuer: ca });
      const [bootstrap, server] = await Promise.all([
        startLeshanBootstrapServer({ certificate: certified() }),
        serve({ certificate: { ...certified(), device: { endpoint } } }),
      ]);
      const security = {
        securityMode: 'X509',
        publicKeyOrId: base64(given.certificate),
        serverPublicKey: base64(shown.certificate),
        secretKey: base64(given.privateKey.export({ type: 'pkcs8', format: 'der' })),
      } as const;
      const certificate = certificateOf(endpoint, HOST);
      await bootstrapped(endpoint, { bootstrap, server, admit: { certificate: true }, security }, { certificate });
    });
  });
});
