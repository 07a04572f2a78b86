import { createSecretKey } from 'node:crypto';
import { CoapEndpoint, Code, decodeMessage, formatCode, Option, OscoreAssociation, option, PeerKey } from '@reeve/coap';
import { computeNow } from '@reeve/dtls';
import { describe, expect, it } from 'vitest';
import type { CredentialId } from '../ids.ts';
import type { OscoreFound } from './oscore-port.ts';
import { SessionOwner } from './owner.ts';
import type { LinkUp } from './port.ts';
import { EPOCH, path, registerRequest, replayable } from './test-owner.ts';
import { TlsSecrets } from './tls-secrets.ts';

const SECRET = Buffer.alloc(16, 7);
const HOST = '192.0.2.1';
const FOUND: OscoreFound = {
  credential: 'cred-1' as CredentialId,
  identity: 'oscore:0a',
  masterSecret: SECRET,
  masterSalt: '',
  senderId: '00',
  recipientId: '0a',
  aead: 10,
  hkdf: 5,
  sendFrom: 0,
  sendLimit: 1024,
};

/** A link with a socket for OSCORE alone (0) and one for all (1), and a device. */
class Scene {
  readonly up: LinkUp[] = [];
  readonly sent: { ingress: number; port: number; datagram: Uint8Array }[] = [];
  readonly owner: SessionOwner;
  readonly coap = new CoapEndpoint({ random: replayable(5) });
  association: OscoreAssociation;
  readonly #rederive: boolean;
  readonly responses: string[] = [];
  readonly wentTo: { ingress: number; port: number }[] = [];
  port = 40_000;
  ingress = 0;
  found: OscoreFound | undefined = FOUND;
  #answered = 0;

  constructor({ rederive = false } = {}) {
    this.owner = new SessionOwner({
      streams: { write: () => {}, end: () => {} },
      secrets: new TlsSecrets(),
      random: replayable(1),
      wallClock: () => EPOCH,
      connectionIdSlot: 0,
      listen: [
        { transport: 'coap', host: HOST, port: 5683, noSec: false },
        { transport: 'coap', host: HOST, port: 5685 },
      ],
      compute: (task, done) => done(computeNow(task), 0),
      send: (ingress, _host, port, datagram) => this.sent.push({ ingress, port, datagram }),
      deliver: (message) => this.up.push(structuredClone(message)),
    });
    this.#rederive = rederive;
    this.association = this.#associate(6);
  }

  /** The device starts anew, and knows only what it was given. */
  restart(): void {
    this.association = this.#associate(7);
    this.coap.forgetPeer(PeerKey('server'), 0);
  }

  #associate(seed: number): OscoreAssociation {
    return new OscoreAssociation({
      parameters: {
        masterSecret: createSecretKey(SECRET),
        masterSalt: Buffer.alloc(0),
        senderId: Buffer.from('0a', 'hex'),
        recipientId: Buffer.from('00', 'hex'),
        aead: 10,
        hkdf: 5,
      },
      numbers: { next: 0, limit: 1000, block: 0 },
      received: 'none',
      rederive: this.#rederive,
      random: replayable(seed),
    });
  }

  /** Sends a request of the device, and carries what follows. */
  send(spec = registerRequest()): void {
    this.coap.request(PeerKey('server'), spec, 0);
    this.settle();
  }

  settle(): void {
    for (let busy = true; busy; ) {
      busy = false;
      for (const effect of this.coap.drain()) {
        busy = true;
        if (effect.kind === 'send') this.association.send(effect.datagram);
        if (effect.kind === 'outcome' && effect.outcome.kind === 'response') {
          this.responses.push(formatCode(effect.outcome.message.code));
        }
      }
      for (const effect of this.association.drain()) {
        busy = true;
        if (effect.kind === 'send') this.owner.receive(this.ingress, HOST, this.port, effect.datagram, 0);
        if (effect.kind === 'received') this.coap.receive(PeerKey('server'), effect.datagram, 0);
      }
      for (const { datagram, ingress, port } of this.sent.splice(0)) {
        busy = true;
        this.wentTo.push({ ingress, port });
        const decoded = decodeMessage(datagram);
        if (decoded.ok) this.association.receive(datagram, decoded.message);
      }
      for (; this.#answered < this.up.length; this.#answered++) {
        busy = true;
        this.#answer(this.up[this.#answered]);
      }
    }
  }

  #answer(message: LinkUp | undefined): void {
    if (message?.kind === 'find-oscore') {
      const { lookup } = message;
      this.owner.handle({ kind: 'oscore', lookup, ...(this.found ? { found: this.found } : {}) }, 0);
    } else if (message?.kind === 'reserve-oscore') {
      this.owner.handle({ ...message, kind: 'oscore-reserved' }, 0);
    } else if (message?.kind === 'register' || message?.kind === 'send') {
      this.owner.handle({ kind: 'answer', exchange: message.exchange, code: Code.Created }, 0);
    }
  }

  of<K extends LinkUp['kind']>(kind: K) {
    return this.up.filter((message): message is Extract<LinkUp, { kind: K }> => message.kind === kind);
  }
}

describe.each([false, true])('a device that uses OSCORE, deriving new keys: %s', (rederive) => {
  it('is a session of its credential once it proved to be there', () => {
    const scene = new Scene({ rederive });
    scene.send();
    expect(scene.of('find-oscore')).toMatchObject([{ kid: '0a' }]);
    const [opened] = scene.of('session-opened');
    expect(opened?.session).toMatchObject({ transport: 'coap', identity: 'oscore:0a', credential: 'cred-1' });
    expect(scene.of('session-opened')).toHaveLength(1);
    expect(scene.of('register')).toMatchObject([{ endpoint: 'truck-1', session: opened?.session }]);
    expect(scene.responses).toEqual(['2.01']);
    const derived = scene.of('reserve-oscore').map((each) => each.derived?.length);
    expect(derived).toEqual(rederive ? [32] : []);
  });

  it('is the same session wherever it comes from, and is answered there', () => {
    const scene = new Scene({ rederive });
    scene.send();
    scene.port = 40_777;
    scene.ingress = 1;
    scene.send();
    expect(scene.responses).toEqual(['2.01', '2.01']);
    const [first, second] = scene.of('register');
    expect(second?.session).toEqual({ ...first?.session, address: `${HOST}:40777`, ingress: 1 });
    expect(scene.wentTo.at(-1)).toEqual({ ingress: 1, port: 40_777 });
  });

  it('is on the socket that it came to, from one port too', () => {
    const scene = new Scene({ rederive });
    scene.send();
    scene.ingress = 1;
    scene.send();
    expect(scene.of('register').map(({ session }) => session.ingress)).toEqual([0, 1]);
  });

  it('ends with its credential, and comes back with a good one', () => {
    const scene = new Scene({ rederive });
    scene.send();
    scene.owner.handle({ kind: 'close-identity', identity: 'oscore:0a' }, 0);
    expect(scene.of('session-closed')).toHaveLength(1);
    expect(scene.owner.sizes().sessions).toBe(0);
    scene.found = { ...FOUND, sendFrom: 2000, sendLimit: 3000 };
    scene.send();
    expect(scene.of('session-opened')).toHaveLength(2);
    expect(scene.responses).toEqual(['2.01', '2.01']);
  });
});

it('a device that starts anew elsewhere is answered there under its new keys', () => {
  const scene = new Scene({ rederive: true });
  scene.send();
  scene.restart();
  scene.port = 40_888;
  scene.wentTo.length = 0;
  scene.send();
  expect(scene.responses).toEqual(['2.01', '2.01']);
  // Whatever was observed under the old keys is observed anew.
  expect(scene.of('session-closed')).toMatchObject([{ reason: 'the device derived new keys' }]);
  expect(scene.of('session-opened')).toHaveLength(2);
  expect(new Set(scene.wentTo.map(({ port }) => port))).toEqual(new Set([40_888]));
  expect(scene.of('register').at(-1)?.session.address).toBe(`${HOST}:40888`);
});

describe('on a socket for OSCORE alone', () => {
  const plain = (code: number) => {
    const coap = new CoapEndpoint({ random: replayable(9) });
    coap.request(PeerKey('s'), { code, options: [...path('rd'), option(Option.UriQuery, 'ep=x')] }, 0);
    const [effect] = coap.drain();
    return effect?.kind === 'send' ? effect.datagram : new Uint8Array(0);
  };

  it('SE-8: what is not protected is not heard', () => {
    const scene = new Scene();
    for (const datagram of [plain(Code.Post), Buffer.from('40000001', 'hex'), Buffer.from('ffff', 'hex')]) {
      scene.owner.receive(0, HOST, 1, datagram, 0);
    }
    expect([scene.up, scene.sent, scene.owner.sizes().plainSessions]).toEqual([[], [], 0]);
    scene.owner.receive(1, HOST, 1, plain(Code.Post), 0);
    expect(scene.of('register')).toHaveLength(1);
  });

  it('OS-3: unknown ids get 4.01 in clear, and are told of', () => {
    const scene = new Scene();
    scene.found = undefined;
    scene.coap.request(PeerKey('server'), registerRequest(), 0);
    scene.settle();
    expect(scene.of('refused')).toMatchObject([{ check: 'unknown-identity', identity: 'oscore:0a' }]);
    expect(scene.of('session-opened')).toEqual([]);
  });

  it('questions about keys are bounded, and each id is asked about once', () => {
    const scene = new Scene();
    const request = (kid: number) =>
      Uint8Array.from([0x40, 2, 0, kid & 255, 0x95, 9, 0, kid >> 8, kid & 255, 1, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (let round = 0; round < 3; round++) {
      for (let kid = 0; kid < 1200; kid++) scene.owner.receive(0, HOST, kid, request(kid), 0);
    }
    expect(scene.of('find-oscore')).toHaveLength(1000);
    expect(scene.sent).toEqual([]);
  });
});
