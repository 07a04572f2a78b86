import { once } from 'node:events';
import { createServer } from 'node:net';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { aiocoapBuild } from '../../../../peers/aiocoap/build.ts';
import { AiocoapProgram } from '../../../../peers/aiocoap/program.ts';
import { killGroup, spawnChild } from '../../../../tooling/testing/children.ts';
import { hasPeer } from '../../../../tooling/testing/peers.ts';
import { Code, formatCode } from '../codes.ts';
import type { CoapEffect, RequestOutcome } from '../effects.ts';
import type { CoapEndpoint } from '../endpoint.ts';
import { ObservationScope, type PeerKey } from '../ids.ts';
import { uriPath } from '../message.ts';
import { hex, path } from '../testing/harness.ts';
import { TcpEndpoint } from '../testing/tcp.ts';

const text = (value: string) => new TextEncoder().encode(value);
const get = (resource: string) => ({ code: Code.Get, options: path(resource) });
const LONG = 'abcdefghij'.repeat(4_000);

/** Code and text of a response, or what came instead. */
function told(outcome: RequestOutcome): string {
  if (outcome.kind !== 'response') return outcome.kind;
  const { code, payload } = outcome.message;
  return `${formatCode(code)} ${new TextDecoder().decode(payload)}`.trim();
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  return typeof address === 'object' && address !== null ? address.port : 0;
}

/** Connects once the other side listens. */
async function dial(client: TcpEndpoint, port: number): Promise<PeerKey> {
  let peer: PeerKey | undefined;
  await expect
    .poll(async () => (peer = await client.connect(port).catch(() => undefined)), { timeout: 10_000 })
    .toBeDefined();
  if (peer === undefined) throw new Error('never connected');
  return peer;
}

/** Serves one text, and tells its observers of each change. */
class Value {
  value = 'first';
  readonly observers: { peer: PeerKey; token: Uint8Array }[] = [];

  change(value: string, endpoint: CoapEndpoint): void {
    this.value = value;
    const spec = { code: Code.Content, payload: text(value), confirmable: true };
    for (const { peer, token } of this.observers) endpoint.notify(peer, token, spec, performance.now());
  }

  readonly application = (effect: CoapEffect, endpoint: CoapEndpoint) => {
    if (effect.kind !== 'request') return;
    const { exchange, message, peer } = effect;
    const now = performance.now();
    if (uriPath(message).join('/') !== 'value') endpoint.respond(exchange, { code: Code.NotFound }, now);
    else if (message.code === Code.Put) {
      endpoint.respond(exchange, { code: Code.Changed }, now);
      this.change(new TextDecoder().decode(message.payload), endpoint);
    } else {
      this.observers.push({ peer, token: message.token.slice() });
      endpoint.respond(exchange, { code: Code.Content, payload: text(this.value), observe: true }, now);
    }
  };
}

const installed = (program: string) => hasPeer(program, ['sh', '-c', `command -v ${program}`]);

describe.skipIf(!installed('coap-server-notls') || !installed('coap-client-notls'))('TCP with libcoap', () => {
  it('as a client: pings, reads, writes, in whatever size, and observes', async () => {
    const port = await freePort();
    const server = spawnChild('coap-server-notls', ['-A', '127.0.0.1', '-p', `${port}`]);
    try {
      const seen: string[] = [];
      await using client = new TcpEndpoint((effect) => {
        if (effect.kind === 'notification') seen.push(new TextDecoder().decode(effect.message.payload));
      });
      const peer = await dial(client, port);
      expect(told(await client.request(peer, 'ping'))).toBe('pong');
      const data = { options: path('/example_data') };
      expect(told(await client.request(peer, { code: Code.Put, ...data, payload: text('written') }))).toBe('2.01');
      expect(told(await client.request(peer, get('/example_data')))).toBe('2.05 written');
      expect(told(await client.request(peer, get('/absent')))).toMatch(/^4\.04/);
      expect(told(await client.request(peer, { code: Code.Put, ...data, payload: text(LONG) }))).toBe('2.04');
      expect(told(await client.request(peer, get('/example_data')))).toBe(`2.05 ${LONG}`);
      client.core.bindScope(peer, ObservationScope('libcoap'), performance.now());
      const time = { ...get('/time'), token: hex('c0a9') };
      expect(await client.request(peer, { ...time, observe: 'register' })).toMatchObject({ observing: true });
      await expect.poll(() => seen.length, { timeout: 10_000 }).toBeGreaterThan(1);
      expect(told(await client.request(peer, { ...time, observe: 'deregister' }))).toMatch(/^2\.05/);
    } finally {
      killGroup(server);
    }
  });

  describe('as a server', () => {
    let value: Value;
    let server: TcpEndpoint;
    let uri: string;
    beforeEach(async () => {
      value = new Value();
      server = new TcpEndpoint(value.application);
      uri = `coap+tcp://127.0.0.1:${await server.listen()}/value`;
    });
    afterEach(() => server[Symbol.asyncDispose]());

    async function client(...args: string[]): Promise<string> {
      const child = spawnChild('coap-client-notls', args);
      if (!child.stdout || !child.stderr) throw new Error('no output');
      const [out, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
      return `${out}${errors}`.trim();
    }

    it('is read and written, in whatever size', async () => {
      expect(await client('-m', 'get', uri)).toBe('first');
      expect(await client('-m', 'put', '-e', 'second', uri)).toBe('');
      expect(await client('-m', 'get', uri)).toBe('second');
      expect(await client('-b', '64', '-m', 'put', '-e', LONG.slice(0, 4_000), uri)).toBe('');
      expect(value.value).toBe(LONG.slice(0, 4_000));
      expect(await client('-m', 'get', uri)).toBe(LONG.slice(0, 4_000));
    });

    it('TC-2: tells its client when and where to come back', async () => {
      const observing = spawnChild('coap-client-notls', ['-v', '7', '-w', '-s', '10', '-m', 'get', uri]);
      if (!observing.stdout || !observing.stderr) throw new Error('no output');
      const shown = Promise.all([readAll(observing.stdout), readAll(observing.stderr)]);
      await expect.poll(() => value.observers.length, { timeout: 10_000 }).toBe(1);
      const [observer] = value.observers;
      if (!observer) throw new Error('nobody observes');
      server.core.release(observer.peer, performance.now(), { holdOff: 3600, alternative: '192.0.2.7:15683' });
      server.flush();
      const lines = (await shown).join('');
      expect(lines).toContain('c:Release i:0000 {} [ Alternative-Address:192.0.2.7:15683, Hold-Off:3600 ]');
    });

    it('is observed', async () => {
      const observing = spawnChild('coap-client-notls', ['-w', '-s', '2', '-m', 'get', uri]);
      if (!observing.stdout) throw new Error('no output');
      const lines = readAll(observing.stdout);
      await once(observing.stdout, 'data');
      await client('-m', 'put', '-e', 'second', uri);
      await client('-m', 'put', '-e', 'third', uri);
      expect((await lines).trim().split('\n')).toEqual(['first', 'second', 'third']);
      await expect.poll(() => server.core.sizes().streams, { timeout: 10_000 }).toBe(0);
    });
  });
});

describe.skipIf(!aiocoapBuild.isHere())('TCP with aiocoap', () => {
  describe('as a client', () => {
    let server: AiocoapProgram;
    let port: number;
    beforeAll(async () => {
      port = await freePort();
      server = await AiocoapProgram.start(['--transport', 'tcp', '--listen', '--port', `${port}`]);
    });
    afterAll(() => server.stop());

    it('reads, writes and observes', async () => {
      const seen: string[] = [];
      await using client = new TcpEndpoint((effect) => {
        if (effect.kind === 'notification') seen.push(new TextDecoder().decode(effect.message.payload));
      });
      const peer = await dial(client, port);
      expect(told(await client.request(peer, get('/hello')))).toBe('2.05 hello');
      expect(told(await client.request(peer, get('/large')))).toBe(`2.05 ${'0123456789'.repeat(300)}`);
      const put = { code: Code.Put, options: path('/hello'), payload: text(LONG) };
      expect(told(await client.request(peer, put))).toBe('2.04');
      expect(told(await client.request(peer, get('/hello')))).toBe(`2.05 ${LONG}`);
      expect(told(await client.request(peer, 'ping'))).toBe('pong');
      client.core.bindScope(peer, ObservationScope('aiocoap'), performance.now());
      await server.do('set /watched zero');
      const watched = await client.request(peer, { ...get('/watched'), observe: 'register' });
      expect(told(watched)).toBe('2.05 zero');
      await server.do('set /watched one');
      await server.do('set /watched two');
      await expect.poll(() => seen, { timeout: 10_000 }).toContain('two');
    });
  });

  it('as a server: is read, written and observed, and asks over the connection that came', async () => {
    const value = new Value();
    const peers: PeerKey[] = [];
    await using server = new TcpEndpoint((effect, endpoint) => {
      if (effect.kind === 'request') peers.push(effect.peer);
      value.application(effect, endpoint);
    });
    const port = await server.listen();
    const client = await AiocoapProgram.start(['--transport', 'tcp', '--to', `coap+tcp://127.0.0.1:${port}`]);
    try {
      expect(await client.do('get /value')).toBe('2.05 first');
      expect(await client.do('observe /value')).toBe('2.05 first');
      expect(await client.do(`put /value ${LONG}`)).toMatch(/^2\.04/);
      expect(value.value).toBe(LONG);
      value.change('third', server.core);
      server.flush();
      expect(await client.line(/^notified .* third/)).toBe('notified 2.05 third');
      const [peer] = peers;
      expect(peer && told(await server.request(peer, get('/hello')))).toBe('2.05 hello');
    } finally {
      client.stop();
    }
  });
});
