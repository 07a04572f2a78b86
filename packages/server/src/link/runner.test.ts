import { createSocket, type Socket } from 'node:dgram';
import { CoapCore, Code, Option, option, PeerKey, type RequestSpec } from '@reeve/coap';
import { addressKey, DtlsClient, type SessionKey } from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import { openCloningLink, openMainThreadLink } from './main-thread.ts';
import type { Link, LinkUp, ListenAddress, OpenLink, RequestRef } from './port.ts';
import { CREDENTIAL, deviceId, IDENTITY, KEY, registerRequest, registrationId } from './test-owner.ts';
import { openWorkerLink } from './worker-thread.ts';

const server = PeerKey('server');
const address = addressKey('server');

/** A device on a real socket. */
class UdpDevice {
  readonly socket: Socket;
  readonly coap = new CoapCore({ random: seededBytes(7) });
  readonly dtls: DtlsClient | undefined;
  isClosed = false;
  readonly #to: ListenAddress;
  #session: SessionKey | undefined;
  #onSession: () => void = () => {};
  #onResponse: (code: number) => void = () => {};
  #started = performance.now();

  constructor(to: ListenAddress) {
    this.#to = to;
    const ipv6 = to.host.includes(':');
    this.socket = createSocket(ipv6 ? 'udp6' : 'udp4');
    if (to.transport === 'coaps') {
      this.dtls = new DtlsClient({
        random: seededBytes(8),
        address,
        identity: { kind: 'psk', identity: IDENTITY, key: KEY },
      });
    }
    // The last words of a device may find the link closed.
    this.socket.on('error', () => {});
    this.socket.on('message', (datagram, { port }) => {
      // The reply must leave by the socket that the request came in on.
      if (port !== to.port) throw new Error(`a reply from port ${port} instead of ${to.port}`);
      if (this.dtls) this.dtls.receive(address, datagram, this.#now);
      else this.coap.receive(server, datagram, this.#now);
      this.#flush();
    });
  }

  get #now(): number {
    return performance.now() - this.#started;
  }

  async open(): Promise<void> {
    await new Promise<void>((resolve) => this.socket.connect(this.#to.port, loopback(this.#to), resolve));
    if (!this.dtls) return;
    const established = new Promise<void>((resolve) => {
      this.#onSession = resolve;
    });
    this.dtls.connect(this.#now);
    this.#flush();
    await established;
  }

  /** @returns the code of the response */
  request(spec: RequestSpec): Promise<number> {
    const response = new Promise<number>((resolve) => {
      this.#onResponse = resolve;
    });
    this.coap.request(server, spec, this.#now);
    this.#flush();
    return response;
  }

  #flush(): void {
    for (let more = true; more; ) {
      more = false;
      for (const effect of this.dtls?.drain() ?? []) {
        more = true;
        if (effect.kind === 'send') this.socket.send(effect.datagram);
        if (effect.kind === 'received') this.coap.receive(server, effect.data, this.#now);
        if (effect.kind === 'closed') this.isClosed = true;
        if (effect.kind === 'established') {
          this.#session = effect.session;
          this.#onSession();
        }
      }
      for (const effect of this.coap.drain()) {
        more = true;
        if (effect.kind === 'send') {
          if (!this.dtls) this.socket.send(effect.datagram);
          else if (this.#session) this.dtls.send(this.#session, effect.datagram);
        }
        if (effect.kind === 'outcome' && effect.outcome.kind === 'response')
          this.#onResponse(effect.outcome.message.code);
        if (effect.kind === 'request') {
          const options = [option(Option.ContentFormat, 0)];
          const payload = Buffer.from('80');
          this.coap.respond(effect.exchange, { code: Code.Content, options, payload }, this.#now);
        }
      }
    }
  }
}

function loopback({ host }: ListenAddress): string {
  return host.includes(':') ? '::1' : '127.0.0.1';
}

/** Answers like the capabilities: knows the key, admits every Register, and reads the battery after it. */
async function openAnswering(open: OpenLink, listen: readonly ListenAddress[]) {
  const up: LinkUp[] = [];
  let onOutcome: () => void = () => {};
  const outcome = new Promise<void>((resolve) => {
    onOutcome = resolve;
  });
  const link: Link = await open({ listen, initial: [], connectionIdSlot: 0 }, (messages) => {
    for (const message of messages) {
      up.push(message);
      if (message.kind === 'find-psk')
        link.post([
          { kind: 'psk', lookup: message.lookup, found: { key: Uint8Array.from(KEY), credential: CREDENTIAL } },
        ]);
      if (message.kind === 'outcome') onOutcome();
      if (message.kind !== 'register') continue;
      const { sessionId } = message.session;
      const { version, offer } = message;
      link.post([
        { kind: 'bind', sessionId, deviceId, registrationId, version, offer },
        { kind: 'answer', exchange: message.exchange, code: Code.Created, location: ['rd', registrationId] },
        { kind: 'perform', request: 1 as RequestRef, sessionId, operation: { kind: 'read', path: '/3/0/9' } },
      ]);
    }
  });
  return { link, up, outcome };
}

describe.each([
  ['in the main thread', openMainThreadLink],
  ['in the main thread, cloning', openCloningLink],
  ['in a worker', openWorkerLink],
] as const)('a link %s', (_, open) => {
  it.each([
    ['coaps', '127.0.0.1'],
    ['coaps', '::1'],
    ['coap', '127.0.0.1'],
    ['coap', '::1'],
  ] as const)('serves a device over %s from %s, and replies by the same socket', async (transport, host) => {
    // Other sockets stand before and after the one that is used, so that its index matters.
    const listen = [
      { transport: 'coaps', host: '127.0.0.1', port: 0 },
      { transport, host, port: 0 },
      { transport: 'coap', host: '127.0.0.1', port: 0 },
    ] as const;
    const { link, up, outcome } = await openAnswering(open, listen);
    const to = link.addresses[1];
    if (!to) throw new Error('no such socket');
    expect(to).toEqual({ transport, host, port: expect.any(Number) });
    expect(to.port).toBeGreaterThan(0);
    const device = new UdpDevice(to);
    await device.open();
    expect(await device.request(registerRequest())).toBe(Code.Created);
    await outcome;
    const kinds =
      transport === 'coaps' ? ['find-psk', 'session-opened', 'register', 'outcome'] : ['register', 'outcome'];
    expect(up.map(({ kind }) => kind)).toEqual(kinds);
    expect(up.at(-1)).toMatchObject({
      outcome: { kind: 'answered', body: { records: [{ path: '/3/0/9', stored: { type: 'integer', value: 80 } }] } },
      session: { transport, ingress: 1 },
    });
    await link.close();
    // The session waits for the next start.
    expect(device.isClosed).toBe(false);
    device.socket.close();
  });

  it('says which address it cannot listen on, and opens none', async () => {
    const taken = createSocket('udp4');
    await new Promise<void>((resolve) => taken.bind(0, '127.0.0.1', resolve));
    const { port } = taken.address();
    const listen = [
      { transport: 'coaps', host: '127.0.0.1', port: 0 },
      { transport: 'coaps', host: '127.0.0.1', port },
    ] as const;
    await expect(open({ listen, initial: [], connectionIdSlot: 0 }, () => {})).rejects.toThrow(
      `cannot listen on coaps://127.0.0.1:${port}`,
    );
    taken.close();
  });

  it('ignores what is posted after it was closed, and delivers nothing more', async () => {
    const up: LinkUp[] = [];
    const listen = [{ transport: 'coap', host: '127.0.0.1', port: 0 }] as const;
    const link = await open({ listen, initial: [], connectionIdSlot: 0 }, (messages) => up.push(...messages));
    await link.close();
    link.post([{ kind: 'psk', lookup: 1 }]);
    expect(up).toEqual([]);
  });
});
