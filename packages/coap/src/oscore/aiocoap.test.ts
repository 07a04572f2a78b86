import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { aiocoapBuild } from '../../../../peers/aiocoap/build.ts';
import { AiocoapProgram } from '../../../../peers/aiocoap/program.ts';
import { Code, formatCode } from '../codes.ts';
import type { CoapEffect, RequestOutcome } from '../effects.ts';
import type { CoapEndpoint } from '../endpoint.ts';
import { ObservationScope, PeerKey } from '../ids.ts';
import { uriPath } from '../message.ts';
import { hex, path, toHex } from '../testing/harness.ts';
import { UdpEndpoint } from '../testing/udp.ts';
import { OscoreAssociation, type OscoreAssociationOptions } from './association.ts';
import type { OscoreParameters } from './context.ts';
import { DEVICE, SERVER } from './testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'reeve-oscore-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Names of the ciphers there. */
const CIPHERS: Readonly<Record<number, string>> = {
  1: 'A128GCM',
  3: 'A256GCM',
  10: 'AES-CCM-16-64-128',
  11: 'AES-CCM-16-64-256',
  24: 'ChaCha20/Poly1305',
  30: 'AES-CCM-16-128-128',
};

/** A folder with parameters for the peer. */
function contextFolder(
  name: string,
  { senderId, recipientId, masterSalt, masterSecret, aead, idContext }: OscoreParameters,
) {
  const context = join(folder, name);
  mkdirSync(context);
  const secret = {
    secret_hex: masterSecret.export().toString('hex'),
    salt_hex: toHex(masterSalt),
    'sender-id_hex': toHex(senderId),
    'recipient-id_hex': toHex(recipientId),
    ...(idContext ? { 'id-context_hex': toHex(idContext) } : {}),
    algorithm: CIPHERS[aead],
  };
  writeFileSync(join(context, 'secret.json'), JSON.stringify(secret));
  return context;
}

const associate = (parameters: OscoreParameters, more: Partial<OscoreAssociationOptions> = {}) =>
  new OscoreAssociation({
    parameters,
    numbers: { next: 0, limit: 8, block: 8 },
    received: 'none',
    random: (n) => randomBytes(n),
    ...more,
  });

/** Code and text of a response, or what came instead. */
function told(outcome: RequestOutcome): string {
  if (outcome.kind !== 'response') return outcome.kind;
  const { code, payload } = outcome.message;
  return `${formatCode(code)} ${new TextDecoder().decode(payload)}`.trim();
}

const get = (text: string) => ({ code: Code.Get, options: path(text) });
const LARGE = '0123456789'.repeat(300);

describe.skipIf(!aiocoapBuild.isHere())('OSCORE with aiocoap', () => {
  describe('as a client', () => {
    let server: AiocoapProgram;
    let context: string;
    let port: number;
    let peer: PeerKey;
    const association = associate(DEVICE);
    const notified: string[] = [];
    let client: UdpEndpoint;

    beforeAll(async () => {
      {
        await using free = await UdpEndpoint.open();
        port = free.port;
      }
      peer = PeerKey(`127.0.0.1:${port}`);
      context = contextFolder('server', SERVER);
      server = await AiocoapProgram.start(['--port', `${port}`, '--oscore', context]);
      client = await UdpEndpoint.open(
        (effect, core) => {
          if (effect.kind !== 'notification') return;
          notified.push(new TextDecoder().decode(effect.message.payload));
          if (effect.confirmable) core.accept(effect.exchange, performance.now());
        },
        { association },
      );
    });
    afterAll(async () => {
      server.stop();
      await client[Symbol.asyncDispose]();
    });

    it('reads, writes and posts', async () => {
      expect(told(await client.request(peer, get('/hello')))).toBe('2.05 hello');
      const payload = new TextEncoder().encode('written');
      expect(told(await client.request(peer, { code: Code.Put, options: path('/hello'), payload }))).toBe('2.04');
      expect(told(await client.request(peer, get('/hello')))).toBe('2.05 written');
      expect(told(await client.request(peer, get('/absent')))).toMatch(/^4\.04/);
      expect(told(await client.request(peer, { ...get('/hello'), confirmable: false }))).toBe('2.05 written');
    });

    it('reads and writes in inner blocks', async () => {
      expect(told(await client.request(peer, get('/large')))).toBe(`2.05 ${LARGE}`);
      const payload = new TextEncoder().encode(LARGE);
      expect(told(await client.request(peer, { code: Code.Post, options: path('/hello'), payload }))).toBe(
        `2.04 ${LARGE}`,
      );
    });

    it('observes', async () => {
      client.core.bindScope(peer, ObservationScope('s'), performance.now());
      await server.do('set /watched zero');
      expect(told(await client.request(peer, { ...get('/watched'), observe: 'register' }))).toBe('2.05 zero');
      await server.do('set /watched one');
      await server.do('set /watched two');
      await expect.poll(() => notified, { timeout: 10_000 }).toContain('two');
    });

    it('answers the Echo of a server that forgot our numbers', async () => {
      const sequence = JSON.parse(readFileSync(join(context, 'sequence.json'), 'utf8'));
      expect(sequence.received).toBe('unknown');
      server.stop();
      rmSync(join(context, 'lock'), { force: true });
      server = await AiocoapProgram.start(['--port', `${port}`, '--oscore', context]);
      expect(told(await client.request(peer, get('/hello')))).toBe('2.05 hello');
    });
  });

  describe.each([
    ['AES-CCM-16-64-128', {}],
    ['AES-CCM-16-64-256', { aead: 11 }],
    ['AES-CCM-16-128-128', { aead: 30 }],
    ['A128GCM', { aead: 1 }],
    ['A256GCM', { aead: 3 }],
    ['ChaCha20/Poly1305', { aead: 24 }],
    ['an ID context', { idContext: hex('37cbf3210017a2d3') }],
  ])('as a server, with %s', (name, change) => {
    const received: string[] = [];
    let core: CoapEndpoint | undefined;
    const application = (effect: CoapEffect, endpoint: CoapEndpoint) => {
      if (effect.kind !== 'request') return;
      core = endpoint;
      const text = `/${uriPath(effect.message).join('/')}`;
      received.push(text);
      const payload = new TextEncoder().encode(text === '/large' ? LARGE : text);
      observer = { peer: effect.peer, token: effect.message.token.slice() };
      endpoint.respond(effect.exchange, { code: Code.Content, payload, observe: true }, performance.now());
    };
    let observer: { peer: PeerKey; token: Uint8Array } | undefined;
    let server: UdpEndpoint;
    let client: AiocoapProgram;

    beforeAll(async () => {
      server = await UdpEndpoint.open(application, {
        association: associate({ ...SERVER, ...change }, { received: 'unknown' }),
      });
      const context = contextFolder(`client ${name.replaceAll('/', ' ')}`, { ...DEVICE, ...change });
      client = await AiocoapProgram.start(['--oscore', context, '--to', `coap://127.0.0.1:${server.port}`]);
    });
    afterAll(async () => {
      client.stop();
      await server[Symbol.asyncDispose]();
    });

    it('EC-2: asks for an Echo first, answers, and notifies', async () => {
      expect(await client.do('get /a')).toBe('2.05 /a');
      expect(received).toEqual(['/a']);
      expect(await client.do('get /large')).toBe(`2.05 ${LARGE}`);
      expect(await client.do('observe /watched')).toBe('2.05 /watched');
      for (const text of ['one', 'two']) {
        const payload = new TextEncoder().encode(text);
        const sent =
          observer &&
          core?.notify(
            observer.peer,
            observer.token,
            { code: Code.Content, payload, confirmable: true },
            performance.now(),
          );
        expect(sent).toBe(true);
        server.flush();
        expect(await client.line(/^notified/)).toBe(`notified 2.05 ${text}`);
      }
    });
  });
});
