import { once } from 'node:events';
import { text as readAll } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { killGroup, spawnChild } from '../../../tooling/testing/children.ts';
import { hasPeer } from '../../../tooling/testing/peers.ts';
import { Code, formatCode } from './codes.ts';
import type { CoapEffect, NotificationEffect, RequestOutcome } from './effects.ts';
import type { CoapEndpoint } from './endpoint.ts';
import { ObservationScope, PeerKey } from './ids.ts';
import { uriPath } from './message.ts';
import { Option, option } from './options.ts';
import { hex, path } from './testing/harness.ts';
import { UdpEndpoint } from './testing/udp.ts';

const text = (value: string) => new TextEncoder().encode(value);

/** Code and text of a response, or what came instead. */
function told(outcome: RequestOutcome): string {
  if (outcome.kind !== 'response') return outcome.kind;
  const { code, payload } = outcome.message;
  return `${formatCode(code)} ${new TextDecoder().decode(payload)}`.trim();
}

async function freePort(): Promise<number> {
  await using endpoint = await UdpEndpoint.open();
  return endpoint.port;
}

const installed = (program: string) => hasPeer(program, ['sh', '-c', `command -v ${program}`]);

describe.skipIf(!installed('coap-server-notls'))('as a client of libcoap', () => {
  let server: ReturnType<typeof spawnChild>;
  let peer: PeerKey;

  beforeAll(async () => {
    const port = await freePort();
    server = spawnChild('coap-server-notls', ['-A', '127.0.0.1', '-p', `${port}`]);
    peer = PeerKey(`127.0.0.1:${port}`);
    await using client = await UdpEndpoint.open();
    client.core.setPeerParameters(peer, { ackTimeoutMs: 50, ackRandomFactor: 1, maxRetransmit: 8 }, performance.now());
    expect(told(await client.request(peer, 'ping'))).toBe('pong');
  });
  afterAll(() => killGroup(server));

  it('reads and writes', async () => {
    await using client = await UdpEndpoint.open();
    const data = { options: path('/example_data') };
    const payload = text('written');
    expect(told(await client.request(peer, { code: Code.Put, ...data, payload }))).toBe('2.01');
    expect(told(await client.request(peer, { code: Code.Put, ...data, payload }))).toBe('2.04');
    expect(told(await client.request(peer, { code: Code.Get, ...data }))).toBe('2.05 written');
    expect(told(await client.request(peer, { code: Code.Get, ...data, confirmable: false }))).toBe('2.05 written');
    expect(told(await client.request(peer, { code: Code.Get, options: path('/absent') }))).toMatch(/^4\.04/);
  });

  it('writes and reads what is longer than a message', async () => {
    await using client = await UdpEndpoint.open();
    const data = { options: path('/example_data') };
    for (const blockBytes of [1024, 64]) {
      client.core.setPeerParameters(peer, { blockBytes }, performance.now());
      const payload = text('0123456789'.repeat(500));
      expect(told(await client.request(peer, { code: Code.Put, ...data, payload }))).toMatch(/^2\.0[14]/);
      expect(told(await client.request(peer, { code: Code.Get, ...data }))).toBe(`2.05 ${'0123456789'.repeat(500)}`);
    }
  });

  it('takes a separate response', async () => {
    let acknowledged = 0;
    await using client = await UdpEndpoint.open(({ kind }) => {
      if (kind === 'acknowledged') acknowledged++;
    });
    const options = [...path('/async'), option(Option.UriQuery, '1')];
    expect(told(await client.request(peer, { code: Code.Get, options }))).toBe('2.05 done');
    expect(acknowledged).toBe(1);
  });

  it('observes and stops', async () => {
    const seen: NotificationEffect[] = [];
    const { promise: enough, resolve } = Promise.withResolvers<void>();
    await using client = await UdpEndpoint.open((effect, core) => {
      if (effect.kind !== 'notification') return;
      if (effect.confirmable) core.accept(effect.exchange, performance.now());
      if (seen.push(effect) === 2) resolve();
    });
    client.core.bindScope(peer, ObservationScope('libcoap'), performance.now());
    const time = { code: Code.Get, options: path('/time'), token: hex('c0a9') };
    const outcome = await client.request(peer, { ...time, observe: 'register' });
    expect(outcome).toMatchObject({ kind: 'response', observing: true });
    await enough;
    expect(seen.map(({ fresh, ends }) => [fresh, ends])).toEqual([
      [true, false],
      [true, false],
    ]);
    expect(told(await client.request(peer, { ...time, observe: 'deregister' }))).toMatch(/^2\.05/);
    expect(client.core.sizes().observations).toBe(0);
  });
});

describe.skipIf(!installed('coap-client-notls'))('as a server for libcoap', () => {
  /** Serves one value; whoever observes it gets a notification for each change. */
  class Value {
    value = 'first';
    readonly observers: { peer: PeerKey; token: Uint8Array }[] = [];
    readonly outcomes: string[] = [];

    readonly application = (effect: CoapEffect, core: CoapEndpoint) => {
      if (effect.kind === 'notifyOutcome') this.outcomes.push(effect.outcome);
      if (effect.kind !== 'request') return;
      const { exchange, message, peer } = effect;
      const now = performance.now();
      if (uriPath(message).join('/') !== 'value') core.respond(exchange, { code: Code.NotFound }, now);
      else if (message.code === Code.Put) {
        this.value = new TextDecoder().decode(message.payload);
        core.respond(exchange, { code: Code.Changed }, now);
        const spec = { code: Code.Content, payload: text(this.value), confirmable: true };
        for (const { peer: observer, token } of this.observers) core.notify(observer, token, spec, now);
      } else {
        this.observers.push({ peer, token: message.token.slice() });
        // libcoap 4.3.1 loses the thread when the first block comes in a message of its own.
        if (this.value.length <= 1024) core.acknowledge(exchange, now);
        core.respond(exchange, { code: Code.Content, payload: text(this.value), observe: true }, now);
      }
    };
  }

  const client = async (...args: string[]): Promise<string> => {
    const child = spawnChild('coap-client-notls', args);
    if (!child.stdout || !child.stderr) throw new Error('no output');
    const [out, errors] = await Promise.all([readAll(child.stdout), readAll(child.stderr), once(child, 'close')]);
    return `${out}${errors}`.trim();
  };

  it('answers reads and writes', async () => {
    const value = new Value();
    await using server = await UdpEndpoint.open(value.application);
    const uri = `coap://127.0.0.1:${server.port}/value`;
    expect(await client('-m', 'get', uri)).toBe('first');
    expect(await client('-m', 'put', '-e', 'second', uri)).toBe('');
    expect(await client('-N', '-m', 'get', uri)).toBe('second');
    expect(await client('-m', 'get', `coap://127.0.0.1:${server.port}/absent`)).toMatch(/^4\.04/);
  });

  it.each([64, 1024])('is written and read in blocks of %i', async (size) => {
    const value = new Value();
    await using server = await UdpEndpoint.open(value.application);
    const uri = `coap://127.0.0.1:${server.port}/value`;
    const long = 'abcdefghij'.repeat(400);
    expect(await client('-b', `${size}`, '-m', 'put', '-e', long, uri)).toBe('');
    expect(value.value).toBe(long);
    expect(await client('-b', `${size}`, '-m', 'get', uri)).toBe(long);
  });

  it('is observed', async () => {
    const value = new Value();
    await using server = await UdpEndpoint.open(value.application);
    const uri = `coap://127.0.0.1:${server.port}/value`;
    const observing = spawnChild('coap-client-notls', ['-w', '-s', '2', '-m', 'get', uri]);
    if (!observing.stdout) throw new Error('no output');
    const lines = readAll(observing.stdout);
    await once(observing.stdout, 'data');
    await client('-m', 'put', '-e', 'second', uri);
    await client('-m', 'put', '-e', 'third', uri);
    expect((await lines).trim().split('\n')).toEqual(['first', 'second', 'third']);
    expect(value.outcomes).toEqual(['acknowledged', 'acknowledged']);
    await expect.poll(() => server.core.sizes().observersPerPeer, { timeout: 10_000 }).toBe(0);
  });
});
