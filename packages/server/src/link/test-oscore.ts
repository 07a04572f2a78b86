import { createSecretKey } from 'node:crypto';
import {
  CoapEndpoint,
  Code,
  decodeMessage,
  formatCode,
  frameOf,
  OscoreAssociation,
  PeerKey,
  readFrame,
  uriPath,
} from '@reeve/coap';
import { computeNow } from '@reeve/dtls';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import type { CredentialId } from '../ids.ts';
import type { OscoreFound } from './oscore-port.ts';
import { SessionOwner } from './owner.ts';
import type { LinkOperation, LinkUp, RequestRef, SessionId } from './port.ts';
import { deviceId, EPOCH, registerRequest, registrationId } from './test-owner.ts';
import { TlsSecrets } from './tls-secrets.ts';

const SECRET = Buffer.alloc(16, 7);
export const HOST = '192.0.2.1';
/** The keys of the device, as the capabilities know them. */
export const FOUND: OscoreFound = {
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

const CSM = Buffer.from('00e1', 'hex');

/** A link with sockets for OSCORE alone (0, and 2 for connections) and for all (1, and 3), and a device. */
export class OscoreScene {
  readonly up: LinkUp[] = [];
  readonly sent: { ingress: number; port: number; datagram: Uint8Array }[] = [];
  readonly owner: SessionOwner;
  readonly coap = new CoapEndpoint({ random: seededBytes(5) });
  association: OscoreAssociation;
  readonly #rederive: boolean;
  readonly responses: string[] = [];
  readonly wentTo: { ingress: number; port: number; bytes: number }[] = [];
  /** What the device was asked, and whether it hears anything. */
  readonly asked: string[] = [];
  hears: (port: number) => boolean = () => true;
  /** The connection that the device has, if it has one. */
  connection: SessionId | undefined;
  /** Connections that the link closed. */
  readonly ended: SessionId[] = [];
  port = 40_000;
  ingress = 0;
  found: OscoreFound | undefined = FOUND;
  #answered = 0;
  #requests = 0;

  constructor({ rederive = false } = {}) {
    this.owner = new SessionOwner({
      streams: {
        write: (sessionId, bytes) => this.#written(sessionId, bytes),
        end: (sessionId) => this.ended.push(sessionId),
      },
      secrets: new TlsSecrets(),
      random: seededBytes(1),
      wallClock: () => EPOCH,
      connectionIdSlot: 0,
      listen: [
        { transport: 'coap', host: HOST, port: 5683, noSec: false },
        { transport: 'coap', host: HOST, port: 5685 },
        { transport: 'coap+tcp', host: HOST, port: 5683, noSec: false },
        { transport: 'coap+tcp', host: HOST, port: 5685 },
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
      random: seededBytes(seed),
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
        if (effect.kind === 'request') {
          this.asked.push(uriPath(effect.message).join('/'));
          this.coap.respond(effect.exchange, { code: Code.NotFound }, 0);
        }
        if (effect.kind === 'outcome' && effect.outcome.kind === 'response') {
          this.responses.push(formatCode(effect.outcome.message.code));
        }
      }
      for (const effect of this.association.drain()) {
        busy = true;
        if (effect.kind === 'send') this.#arrive(effect.datagram);
        if (effect.kind === 'received') this.coap.receive(PeerKey('server'), effect.datagram, 0);
      }
      for (const { datagram, ingress, port } of this.sent.splice(0)) {
        busy = true;
        this.wentTo.push({ ingress, port, bytes: datagram.length });
        const decoded = decodeMessage(datagram);
        if (decoded.ok && this.hears(port)) this.association.receive(datagram, decoded.message);
      }
      for (; this.#answered < this.up.length; this.#answered++) {
        busy = true;
        this.#answer(this.up[this.#answered]);
      }
    }
  }

  /** The device connects, and its settings are there. */
  connect(ingress: number): SessionId {
    const arrival = { transport: 'coap+tcp', ingress, host: HOST, port: this.port } as const;
    const sessionId = this.owner.connections.open(arrival, () => {}, 0);
    if (sessionId === undefined) throw new Error('there was no room');
    this.connection = sessionId;
    this.owner.connections.receive(sessionId, CSM, 0);
    return sessionId;
  }

  /** The server asks the device for something. */
  perform(operation: LinkOperation = { kind: 'read', path: '/3/0/0' }): void {
    this.#requests += 1;
    const request = this.#requests as RequestRef;
    const [opened] = this.of('session-opened').slice(-1);
    if (opened === undefined) throw new Error('there is no session');
    this.owner.handle({ kind: 'perform', request, sessionId: opened.session.sessionId, operation }, 0);
    this.settle();
  }

  #arrive(datagram: Uint8Array): void {
    if (this.connection === undefined) this.owner.receive(this.ingress, HOST, this.port, datagram, 0);
    else this.owner.connections.receive(this.connection, frameOf(datagram), 0);
  }

  #written(sessionId: SessionId, bytes: Uint8Array): void {
    const frame = readFrame(bytes, bytes.length);
    const isSignal = frame.kind === 'message' && (frame.datagram[1] ?? 0) >> 5 === 7;
    if (frame.kind !== 'message' || isSignal || sessionId !== this.connection) return;
    this.sent.push({ ingress: -1, port: this.port, datagram: frame.datagram });
  }

  #answer(message: LinkUp | undefined): void {
    if (message?.kind === 'find-oscore') {
      const { lookup } = message;
      this.owner.handle({ kind: 'oscore', lookup, ...(this.found ? { found: this.found } : {}) }, 0);
    } else if (message?.kind === 'reserve-oscore') {
      this.owner.handle({ ...message, kind: 'oscore-reserved' }, 0);
    } else if (message?.kind === 'register' || message?.kind === 'send') {
      if (message.kind === 'register') {
        const { session, version, offer } = message;
        this.owner.handle({ kind: 'bind', sessionId: session.sessionId, deviceId, registrationId, version, offer }, 0);
      }
      this.owner.handle({ kind: 'answer', exchange: message.exchange, code: Code.Created }, 0);
    }
  }

  of<K extends LinkUp['kind']>(kind: K) {
    return this.up.filter((message): message is Extract<LinkUp, { kind: K }> => message.kind === kind);
  }
}
