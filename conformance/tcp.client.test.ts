import { TLSSocket } from 'node:tls';
import type { SecurityOptions } from '@reeve/agent';
import { securityInstance, serverInstance } from '@reeve/agent';
import { afterEach, describe, expect } from 'vitest';
import { RunningClient } from '../e2e/running-client.ts';
import { issue } from '../packages/dtls/src/x509/testing.ts';
import { deviceOf } from './configuration.ts';
import { StreamServer } from './stream-server.ts';
import { judge } from './suite.ts';
import { hexOf, textOf } from './wire.ts';

const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

describe('over a connection', { timeout: 20_000 }, () => {
  const clients: RunningClient[] = [];
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  const start = async (security: SecurityOptions) => {
    const objects = [deviceOf(), securityInstance(security), serverInstance({ lifetime: 86_400 })];
    clients.push(await RunningClient.start('client-1', objects));
  };
  /** It registers as it should, and answers over the same connection. */
  const registers = async (server: StreamServer) => {
    const { query, payload, format } = await server.register();
    expect(query).toEqual(expect.arrayContaining(['ep=client-1', 'lt=86400', 'lwm2m=1.1', 'b=T']));
    expect(format).toBe(40);
    expect(textOf(payload).split(',')).toEqual(expect.arrayContaining(['</1/0>', '</3/0>']));
    server.say({ code: '0.01', path: '/3/0/0', token: 'a1' });
    await server.hear({ code: '2.05', token: 'a1', payload: hexOf('Open Mobile Alliance') });
  };

  judge('client', '1.1-int-106', async () => {
    await using server = await StreamServer.listen();
    await start({ uri: `coap+tcp://127.0.0.1:${server.port}` });
    await registers(server);
  });

  judge('client', '1.1-int-404', async () => {
    const ca = issue({ subject: 'Devices CA', ca: true });
    const device = issue({ subject: 'client-1', issuer: ca });
    const shown = issue({ subject: 'localhost', dns: ['localhost'] });
    const { chain: cert, privateKey: key } = shown.pem;
    await using server = await StreamServer.listen({ cert, key, ca: ca.pem.certificate, requestCert: true });
    const { chain, privateKey } = device;
    const certificate = { chain, privateKey, server: { data: shown.certificate } };
    await start({ uri: `coaps+tcp://localhost:${server.port}`, certificate });
    await registers(server);
    if (!(server.socket instanceof TLSSocket)) throw new Error('there is no TLS');
    expect([server.socket.authorized, server.socket.alpnProtocol]).toEqual([true, 'coap']);
    expect(server.socket.getPeerX509Certificate()?.subject).toContain('client-1');
  });

  judge('client', '1.1-int-406', async () => {
    const asked: string[] = [];
    const pskCallback = (_: unknown, identity: string) => {
      asked.push(identity);
      return KEY;
    };
    const ciphers = 'PSK-AES128-CCM8:PSK-AES128-GCM-SHA256';
    await using server = await StreamServer.listen({ pskCallback, ciphers, maxVersion: 'TLSv1.2' });
    const psk = { identity: Buffer.from('my-identity'), key: KEY };
    await start({ uri: `coaps+tcp://127.0.0.1:${server.port}`, psk });
    await registers(server);
    expect(asked).toEqual(['my-identity']);
  });
});
