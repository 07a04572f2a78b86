import { describe, expect, it } from 'vitest';
import { AlertLevel, encodeAlert } from './alert.ts';
import type { DtlsEffect } from './effects.ts';
import { unfragmented } from './fragments.ts';
import { identityLabel } from './identity.ts';
import { encodeClientKeyExchange } from './key-exchange.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import { type ClientHello, encodeBody, Version } from './messages.ts';
import type { ServerOptions } from './options.ts';
import { ContentType, plaintextRecord, readRecord } from './record.ts';
import { DtlsServer } from './server.ts';
import { alertIn, CLIENT_ADDRESS, effectsOf, IDENTITY, Pair, replayableRandom, SERVER_ADDRESS } from './testing.ts';
import { LONG_MS } from './testing-disturbance.ts';

/** A server that is spoken to datagram by datagram. */
class Door {
  readonly server: DtlsServer;
  constructor(options: Partial<ServerOptions> = {}) {
    this.server = new DtlsServer({ random: replayableRandom('door'), ...options });
  }

  receive(datagram: Uint8Array, now = 0): readonly DtlsEffect[] {
    this.server.receive(CLIENT_ADDRESS, datagram, now);
    return this.server.drain();
  }

  /** Says hello, takes the cookie, says hello again. */
  greet(hello: Partial<ClientHello>, version?: number): readonly DtlsEffect[] {
    const [request] = effectsOf(this.receive(clientHello(hello, 0, version)), 'send');
    return this.receive(clientHello({ ...hello, cookie: cookieOf(request?.datagram) }, 1, version));
  }
}

function clientHello(hello: Partial<ClientHello>, sequence: number, version?: number): Uint8Array {
  const body = encodeBody('client-hello', {
    version: Version.DTLS_1_2,
    random: Buffer.alloc(32, 7),
    sessionId: new Uint8Array(0),
    cookie: new Uint8Array(0),
    cipherSuites: [0xc0a8],
    compressionMethods: [0],
    extensions: [],
    ...hello,
  });
  return plaintextRecord(
    ContentType.HANDSHAKE,
    sequence,
    unfragmented({ type: 1, messageSequence: sequence, body }),
    version,
  );
}

/** header (13), handshake header (12), version (2), length (1) */
function cookieOf(helloVerifyRequest: Uint8Array | undefined): Uint8Array {
  return helloVerifyRequest?.subarray(28) ?? new Uint8Array(0);
}

describe('a ClientHello', () => {
  it('is answered with a HelloVerifyRequest that repeats its record number', () => {
    const door = new Door();
    const [request] = effectsOf(door.receive(clientHello({}, 5)), 'send');
    const record = readRecord(request?.datagram ?? new Uint8Array(0), 0);
    expect(record).toMatchObject({ type: ContentType.HANDSHAKE, epoch: 0, sequence: 5 });
    expect(record?.fragment.subarray(0, 1)).toEqual(Buffer.from([3]));
    expect(request?.datagram.length).toBeLessThanOrEqual(clientHello({}, 5).length);
  });

  it('with a good cookie is answered with a ServerHello that repeats its record number', () => {
    const [flight] = effectsOf(new Door().greet({}), 'send');
    const record = readRecord(flight?.datagram ?? new Uint8Array(0), 0);
    expect(record?.sequence).toBe(1);
    expect(record?.fragment[0]).toBe(2);
  });

  it.each([0xfe00, 0xfeff, 0xfefe, 0xfefd, 0xfe01])('comes in records of version %i', (version) => {
    expect(effectsOf(new Door().greet({}, version), 'send')).toHaveLength(1);
  });

  it('without a common suite gets handshake_failure; the operator sees what was offered', () => {
    const effects = new Door().greet({ cipherSuites: [0xc0ad, 0x00ae, 0x00a8] });
    expect(alertIn(effects)).toBeUndefined();
    const none = new Door({ suites: ['TLS_PSK_WITH_AES_128_CCM_8'] }).greet({ cipherSuites: [0xc0ad, 0x00a8] });
    expect(alertIn(none)).toBe('handshake_failure');
    const offered = ['TLS_ECDHE_ECDSA_WITH_AES_256_CCM', 'TLS_PSK_WITH_AES_128_GCM_SHA256'];
    expect(effectsOf(none, 'refused')).toMatchObject([{ check: 'no-common-suite', offered }]);
  });

  it('of DTLS 1.0 gets protocol_version', () => {
    const effects = new Door().greet({ version: Version.DTLS_1_0 });
    expect(alertIn(effects)).toBe('protocol_version');
    expect(effectsOf(effects, 'refused')).toMatchObject([{ check: 'unsupported-version', offered: ['0xfeff'] }]);
  });

  it('that insists on compression, or renegotiates, is refused', () => {
    expect(alertIn(new Door().greet({ compressionMethods: [1] }))).toBe('illegal_parameter');
    const renegotiating = [{ type: 0xff01, data: Uint8Array.of(1, 7) }];
    expect(alertIn(new Door().greet({ extensions: renegotiating }))).toBe('handshake_failure');
  });

  it('SE-9: leaves nothing at the server, however many come, until its cookie is right', () => {
    const door = new Door();
    const before = door.server.sizes();
    for (let i = 0; i < 10_000; i++) {
      const random = Buffer.alloc(32);
      random.writeUInt32BE(i);
      const [request] = effectsOf(
        door.receive(clientHello({ random, cookie: i % 2 ? new Uint8Array(32) : new Uint8Array(0) }, 0)),
        'send',
      );
      expect(request).toBeDefined();
    }
    expect(door.server.sizes()).toEqual(before);
    expect(door.server.nextWakeAt()).toBeUndefined();
  });

  it('needs the cookie of its own address and parameters', () => {
    const door = new Door();
    const [request] = effectsOf(door.receive(clientHello({}, 0)), 'send');
    const cookie = cookieOf(request?.datagram);
    expect(cookie).toHaveLength(32);
    door.receive(clientHello({ cookie, cipherSuites: [0xc0a8, 0x00a8] }, 1));
    door.receive(clientHello({ cookie, random: Buffer.alloc(32, 8) }, 1));
    door.server.receive(SERVER_ADDRESS, clientHello({ cookie }, 1), 0);
    expect(door.server.sizes().halfOpen).toBe(0);
    expect(door.server.dropped().badCookie).toBe(3);
    door.receive(clientHello({ cookie }, 1));
    expect(door.server.sizes().halfOpen).toBe(1);
  });

  it('may be as late as one life of the secret, and not as late as two', () => {
    for (const [late, halfOpen] of [
      [59_999, 1],
      [60_000, 1],
      [119_999, 1],
      [120_000, 0],
      [10_000_000, 0],
    ] as const) {
      const door = new Door({ cookieSecretLifetimeMs: 60_000 });
      const [request] = effectsOf(door.receive(clientHello({}, 0), 0), 'send');
      door.receive(clientHello({ cookie: cookieOf(request?.datagram) }, 1), late);
      expect(door.server.sizes().halfOpen, `${late} ms`).toBe(halfOpen);
    }
  });

  it('with a wrong cookie is told of when there are very many', () => {
    const door = new Door();
    const refusals: DtlsEffect[] = [];
    for (let i = 0; i < 3 * DEFAULT_LIMITS.badCookies; i++) {
      refusals.push(...effectsOf(door.receive(clientHello({ cookie: Buffer.alloc(32, 1) }, 0)), 'refused'));
    }
    expect(refusals).toMatchObject([{ check: 'bad-cookie-flood' }]);
  });

  it.each([
    ['record', 5, 11],
    ['message', 17, 19],
  ])('with the highest %s number is dropped: ours could not go on from there', (_, start, end) => {
    const door = new Door();
    const [request] = effectsOf(door.receive(clientHello({}, 0)), 'send');
    const hello = Buffer.from(clientHello({ cookie: cookieOf(request?.datagram) }, 1)).fill(0xff, start, end);
    expect(door.receive(hello)).toEqual([]);
    expect(door.server.dropped().malformed).toBe(1);
  });

  it('in fragments is dropped, since nothing is kept before the cookie', () => {
    const door = new Door();
    const whole = clientHello({}, 0);
    const body = whole.subarray(25);
    const fragment = Buffer.concat([whole.subarray(0, 25), body.subarray(0, 20)]);
    fragment.writeUInt16BE(12 + 20, 11);
    fragment.writeUIntBE(20, 22, 3);
    expect(door.receive(fragment)).toEqual([]);
    expect(door.server.dropped().malformed).toBe(1);
  });

  it('longer than a handshake message may be is dropped before its cookie is looked at', () => {
    const door = new Door();
    const padding = { type: 21, data: Buffer.alloc(DEFAULT_LIMITS.handshakeMessageBytes) };
    expect(door.receive(clientHello({ extensions: [padding] }, 0))).toEqual([]);
    expect(door.server.dropped().overLimit).toBe(1);
  });

  it('gets its flight again no more often than a timer would send it, however often it comes', () => {
    const door = new Door({ retransmit: { attempts: 3 } });
    const [request] = effectsOf(door.receive(clientHello({}, 0)), 'send');
    const hello = clientHello({ cookie: cookieOf(request?.datagram) }, 1);
    const sent = Array.from({ length: 100 }, () => effectsOf(door.receive(hello), 'send').length);
    expect(sent.slice(0, 5)).toEqual([1, 1, 1, 1, 0]);
    expect(sent.slice(4).every((datagrams) => datagrams === 0)).toBe(true);
  });

  it('again gets the same flight again, with newer record numbers', () => {
    const door = new Door();
    const [request] = effectsOf(door.receive(clientHello({}, 0)), 'send');
    const hello = clientHello({ cookie: cookieOf(request?.datagram) }, 1);
    const [first] = effectsOf(door.receive(hello), 'send');
    const [second] = effectsOf(door.receive(hello), 'send');
    const records = [first, second].map((effect) => readRecord(effect?.datagram ?? new Uint8Array(0), 0));
    expect(records[1]?.fragment).toEqual(records[0]?.fragment);
    expect(records.map((record) => record?.sequence)).toEqual([1, 3]);
    expect(door.server.sizes().halfOpen).toBe(1);
  });

  it('with another random takes the place of a handshake that had begun', () => {
    const door = new Door();
    door.greet({});
    expect(effectsOf(door.greet({ random: Buffer.alloc(32, 8) }), 'send')).toHaveLength(1);
    expect(door.server.sizes()).toMatchObject({ halfOpen: 1, halfOpenPerPrefix: 1, deadlines: 1 });
  });
});

describe('a handshake under way', () => {
  /** A server that has sent its flight, and the messages that follow it. */
  function underWay(): Door {
    const door = new Door();
    door.greet({});
    return door;
  }
  const message = (type: number, body: Uint8Array, messageSequence = 2): Uint8Array =>
    plaintextRecord(ContentType.HANDSHAKE, 2, unfragmented({ type, messageSequence, body }));

  it('ends with unexpected_message when a message has no place in it', () => {
    for (const type of [2, 3, 11, 12, 13, 14, 15, 20, 99]) {
      const door = underWay();
      const effects = door.receive(message(type, Buffer.alloc(12)));
      expect(alertIn(effects), `type ${type}`).toBe('unexpected_message');
      expect(effectsOf(effects, 'refused')).toMatchObject([{ check: 'unexpected-message' }]);
      expect(door.server.sizes()).toMatchObject({ halfOpen: 0, deadlines: 0, halfOpenPerPrefix: 0 });
    }
  });

  it('ends with decode_error when a message is malformed', () => {
    const door = underWay();
    const effects = door.receive(message(16, Uint8Array.of(0, 9, 1)));
    expect(alertIn(effects)).toBe('decode_error');
    expect(effectsOf(effects, 'refused')).toMatchObject([
      { check: 'malformed', detail: expect.stringContaining('identity') },
    ]);
  });

  it('ends when the identity is too long', () => {
    const identity = Buffer.alloc(DEFAULT_LIMITS.identityBytes + 1);
    const effects = underWay().receive(message(16, encodeClientKeyExchange('psk', { identity })));
    expect(effectsOf(effects, 'refused')).toMatchObject([{ check: 'limit' }]);
    expect(effectsOf(effects, 'findPsk')).toEqual([]);
  });

  it('tells of a fatal alert once, and goes on, for anybody could have sent it', () => {
    const door = underWay();
    const alert = plaintextRecord(ContentType.ALERT, 2, encodeAlert(AlertLevel.FATAL, 'unknown_psk_identity'));
    const effects = [...door.receive(alert), ...door.receive(alert)];
    expect(effectsOf(effects, 'refused')).toMatchObject([
      { check: 'alert', alert: 'unknown_psk_identity', detail: expect.stringContaining('unknown_psk_identity') },
    ]);
    expect(door.server.sizes().halfOpen).toBe(1);
  });

  it('takes no Finished in plaintext', () => {
    const pair = new Pair({ keys: {}, lookupMs: 1_000_000 });
    pair.client.connect(0);
    pair.run(100);
    const finished = plaintextRecord(
      ContentType.HANDSHAKE,
      9,
      unfragmented({ type: 20, messageSequence: 3, body: Buffer.alloc(12) }),
    );
    pair.server.receive(CLIENT_ADDRESS, finished, 100);
    expect(effectsOf(pair.server.drain(), 'established')).toEqual([]);
    expect(pair.server.sizes().sessions).toBe(0);
  });

  it('is given up when the lookup is never answered, and a late answer is ignored', () => {
    const pair = new Pair({ lookupMs: 400_000 });
    pair.client.connect(0);
    pair.run(LONG_MS);
    expect(effectsOf(pair.serverEffects, 'refused')).toMatchObject([
      { check: 'timeout', detail: expect.stringContaining('looked up') },
    ]);
    expect(pair.server.sizes()).toMatchObject({ halfOpen: 0, lookups: 0 });
    pair.run(500_000);
    expect(effectsOf(pair.serverEffects, 'established')).toEqual([]);
  });

  it('of a client ends with the alert of the server', () => {
    const pair = new Pair({
      server: { suites: ['TLS_PSK_WITH_AES_128_GCM_SHA256'] },
      client: { suites: ['TLS_PSK_WITH_AES_128_CCM_8'] },
    });
    pair.client.connect(0);
    pair.run(100);
    expect(effectsOf(pair.clientEffects, 'refused')).toMatchObject([
      { check: 'alert', detail: expect.stringContaining('handshake_failure') },
    ]);
    expect(pair.client.sizes()).toMatchObject({ halfOpen: 0, deadlines: 0 });
  });
});

describe('a handshake of an identity whose key changed', () => {
  it.each([
    ['while the old key is looked up', { lookupMs: 400 }, 200],
    ['when it was given the old key', {}, 500],
  ])('is over: %s', (_, options, at) => {
    const play = (abandoned: boolean) => {
      const isFinished = (datagram: Uint8Array) => readRecord(datagram, 0)?.epoch === 1;
      const pair = new Pair({
        ...options,
        // The first Finished is lost, so that the handshake is still under way at half a second.
        client: { mtu: 80 },
        network: (datagram, from) => (from === 'client' && isFinished(datagram) && pair.now < 500 ? [] : [1]),
      });
      pair.client.connect(0);
      pair.run(at);
      expect(pair.server.sizes().halfOpen).toBe(1);
      if (abandoned) pair.server.closeIdentity(identityLabel({ kind: 'psk', identity: IDENTITY }));
      pair.run(10_000);
      return { opened: effectsOf(pair.serverEffects, 'established').length, sizes: pair.server.sizes() };
    };
    expect(play(false).opened).toBe(1);
    expect(play(true)).toMatchObject({ opened: 0, sizes: { halfOpen: 0, lookups: 0 } });
  });
});
