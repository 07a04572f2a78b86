/** Our endpoints on UDP sockets of 127.0.0.1, as the other side of a peer. */
import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:dgram';
import type { GroupName } from '../algorithms.ts';
import { DtlsClient } from '../client.ts';
import { computeNow } from '../compute.ts';
import { addressKey, type DtlsEffect, type PeerFound } from '../effects.ts';
import type { PresentedIdentity } from '../identity.ts';
import type { ClientIdentity, EndpointOptions } from '../options.ts';
import type { ResumptionState } from '../resumption.ts';
import { DtlsServer } from '../server.ts';
import { parseCertificate, validatePath } from '../x509/index.ts';
import { curveOf, IDENTITY, MATERIAL, PSK } from './material.ts';
import { type Mode, resumes } from './modes.ts';
import { bind } from './sockets.ts';

type Effect<Kind extends DtlsEffect['kind']> = Extract<DtlsEffect, { readonly kind: Kind }>;

const SERVER = addressKey('server');
const TICK_MS = 20;
/** After which a request of CoAP is sent again. Nothing is congested on 127.0.0.1, so it grows no longer (RFC 7252 §4.2). */
const RESEND_MS = 400;
/** Small enough to cut every flight, and a certificate into half a dozen pieces; a Finished in CBC fits. */
const SMALL_MTU = 100;
const DEFAULT_MTU = 1232;

function endpointOptions({ suite, feature }: Mode, small: boolean): EndpointOptions {
  const groups: Partial<Record<Mode['feature'], GroupName[]>> = {
    // The curve of the certificates has to be among them (RFC 8422 §5.1.1).
    x25519: ['x25519', 'secp256r1'],
    secp384r1: ['secp384r1'],
  };
  return {
    random: randomBytes,
    suites: [suite],
    groups: groups[feature] ?? ['secp256r1'],
    mtu: small ? SMALL_MTU : DEFAULT_MTU,
    // The peer may need a moment before it listens.
    retransmit: { initialMs: 200, maxMs: 400, attempts: 100 },
  };
}

/** Whether a peer is the one of the other side. */
function judge(presented: PresentedIdentity, mode: Mode, side: 'client' | 'server'): PeerFound {
  const material = MATERIAL[curveOf(mode)];
  if (presented.kind === 'raw-key') {
    const known = Buffer.compare(presented.publicKey, material[side].publicKey) === 0;
    if (known) return { ok: true, credential: 'raw key' };
  }
  if (presented.kind === 'certificate') {
    const root = parseCertificate(material.root.certificate);
    if (!root.ok) throw new Error(root.detail);
    const result = validatePath(presented.chain, { anchors: [root.certificate], purpose: side }, Date.now());
    if (!result.ok) return result;
    if (result.leaf.subject.text === `CN=${material[side].subject[0]?.slice(3)}`)
      return { ok: true, credential: 'name' };
  }
  return { ok: false, check: 'unknown-identity', detail: 'not the other side', alert: 'bad_certificate' };
}

/** An endpoint with a socket, or one after the other, and what it has told. */
abstract class Ours<Endpoint extends DtlsServer | DtlsClient> {
  readonly told: DtlsEffect[] = [];
  protected readonly endpoint: Endpoint;
  protected readonly mode: Mode;
  protected socket: Socket;
  readonly #timer: NodeJS.Timeout;
  #waiting: (() => void)[] = [];

  protected constructor(endpoint: Endpoint, mode: Mode, socket: Socket) {
    this.endpoint = endpoint;
    this.mode = mode;
    this.socket = socket;
    this.#timer = setInterval(() => this.tick(Date.now()), TICK_MS);
  }

  all<Kind extends DtlsEffect['kind']>(kind: Kind): Effect<Kind>[] {
    return this.told.filter((effect): effect is Effect<Kind> => effect.kind === kind);
  }

  /** The `n`th effect of a kind, once it has been told; the first is 0. */
  async nth<Kind extends DtlsEffect['kind']>(kind: Kind, n: number): Promise<Effect<Kind>> {
    for (;;) {
      const found = this.all(kind)[n];
      if (found) return found;
      const [refused] = this.all('refused');
      if (refused && kind !== 'refused') throw new Error(`refused: ${refused.check}, ${refused.detail}`);
      await new Promise<void>((resolve) => this.#waiting.push(resolve));
    }
  }

  stop(): void {
    clearInterval(this.#timer);
    this.socket.close();
  }

  protected tick(now: number): void {
    this.endpoint.tick(now);
    this.work();
  }

  protected abstract carryOut(effect: DtlsEffect): void;

  protected work(): void {
    const { endpoint } = this;
    for (let effects = endpoint.drain(); effects.length > 0; effects = endpoint.drain()) {
      for (const effect of effects) {
        if (effect.kind !== 'send') this.told.push(effect);
        if (effect.kind === 'compute') endpoint.computed(effect.job, computeNow(effect.task), Date.now());
        else this.carryOut(effect);
      }
    }
    for (const resolve of this.#waiting.splice(0)) resolve();
  }
}

/** Answers every line with `answer to` and the line, or every request of CoAP with a response. */
export class OurServer extends Ours<DtlsServer> {
  readonly #speaks: 'text' | 'coap';

  static async start(mode: Mode, small: boolean, speaks: 'text' | 'coap'): Promise<OurServer> {
    const { certificate, privateKey, publicKey } = MATERIAL[curveOf(mode)].server;
    const own = mode.credential === 'certificate' ? { certificates: [certificate] } : { rawKey: publicKey };
    const server = new DtlsServer({
      ...endpointOptions(mode, small),
      ...(mode.credential !== 'psk' && { identities: [{ ...own, privateKey }] }),
      ...(mode.feature.endsWith('connection-id') || mode.feature === 'connection-ids'
        ? { connectionIds: { length: 6, make: () => randomBytes(6) } }
        : {}),
      ...(resumes(mode) && { resumption: { sessionIds: 10, tickets: mode.feature === 'ticket' } }),
    });
    return new OurServer(server, mode, await bind(), speaks);
  }

  private constructor(server: DtlsServer, mode: Mode, socket: Socket, speaks: 'text' | 'coap') {
    super(server, mode, socket);
    this.#speaks = speaks;
    socket.on('message', (datagram, { address, port }) => {
      server.receive(addressKey(`${address}:${port}`), datagram, Date.now());
      this.work();
    });
  }

  get port(): number {
    return this.socket.address().port;
  }

  protected override carryOut(effect: DtlsEffect): void {
    const { endpoint } = this;
    if (effect.kind === 'send') {
      const [host, port] = effect.address.split(':');
      this.socket.send(effect.datagram, Number(port), host);
    } else if (effect.kind === 'findPsk') {
      const known = Buffer.from(effect.identity).toString() === IDENTITY;
      const key = Buffer.from(PSK, 'hex');
      endpoint.pskFound(effect.lookup, known ? { key, credential: 'psk' } : undefined, Date.now());
    } else if (effect.kind === 'findPeer') {
      endpoint.peerFound(effect.lookup, judge(effect.presented, this.mode, 'client'), Date.now());
    } else if (effect.kind === 'findResumed') {
      endpoint.resumedFound(effect.lookup, true, Date.now());
    } else if (effect.kind === 'received') {
      const { session, data } = effect;
      endpoint.send(
        session,
        this.#speaks === 'text' ? Buffer.from(`answer to ${Buffer.from(data)}`) : contentFor(data),
      );
    }
  }
}

/** A server's answer to a confirmable request: 2.05 in the acknowledgement (RFC 7252 §5.2.1). */
function contentFor(request: Uint8Array): Uint8Array {
  const token = (request[0] ?? 0) & 0x0f;
  const header = [0x60 | token, 0x45, ...request.subarray(2, 4 + token)];
  return Buffer.concat([Buffer.from(header), Buffer.from([0xff]), Buffer.from('an answer')]);
}

/** One session with the server at a port. */
export class OurClient extends Ours<DtlsClient> {
  readonly #port: number;
  /** A confirmable request without an answer yet, and when it is sent again. */
  #unanswered: { readonly request: Uint8Array; readonly dueAt: number } | undefined;

  static async connect(mode: Mode, small: boolean, port: number, state?: ResumptionState): Promise<OurClient> {
    const { server, client } = MATERIAL[curveOf(mode)];
    const { privateKey, publicKey, chain } = client;
    const identities: Record<Mode['credential'], ClientIdentity> = {
      psk: { kind: 'psk', identity: Buffer.from(IDENTITY), key: Buffer.from(PSK, 'hex') },
      certificate: { kind: 'certificate', chain, privateKey },
      'raw-key': { kind: 'raw-key', publicKey, privateKey, serverKey: server.publicKey },
    };
    const connectionId = { 'connection-ids': randomBytes(4), 'server-connection-id': 'zero-length' as const };
    const endpoint = new DtlsClient({
      ...endpointOptions(mode, small),
      address: SERVER,
      identity: identities[mode.credential],
      ...((mode.feature === 'connection-ids' || mode.feature === 'server-connection-id') && {
        connectionId: connectionId[mode.feature],
      }),
      ...(resumes(mode) && { resumption: { tickets: mode.feature === 'ticket', ...(state && { state }) } }),
    });
    const ours = new OurClient(endpoint, mode, await bind(), port);
    endpoint.connect(Date.now());
    ours.work();
    return ours;
  }

  private constructor(endpoint: DtlsClient, mode: Mode, socket: Socket, port: number) {
    super(endpoint, mode, socket);
    this.#port = port;
    this.#listen();
  }

  get resumable(): ResumptionState | undefined {
    return this.endpoint.resumable;
  }

  /** Sends one record and gives the next that comes back. */
  async ask(question: Uint8Array): Promise<Uint8Array> {
    await this.nth('established', 0);
    const heard = this.all('received').length;
    this.#send(question);
    return (await this.nth('received', heard)).data;
  }

  /**
   * Asks with a confirmable request of CoAP, which is sent again until something comes back. libcoap on GnuTLS needs it: it
   * takes one record for each datagram, and forgets a datagram that comes while it is behind. It is so whenever a flight
   * has come twice, several records to a datagram.
   */
  async request(request: Uint8Array): Promise<Uint8Array> {
    await this.nth('established', 0);
    this.#unanswered = { request, dueAt: Date.now() + RESEND_MS };
    const answer = await this.ask(request);
    this.#unanswered = undefined;
    return answer;
  }

  /** Goes on at another port. */
  async move(): Promise<void> {
    this.socket.close();
    this.socket = await bind();
    this.#listen();
  }

  /** Says close_notify. */
  close(): void {
    for (const { session } of this.all('established')) this.endpoint.close(session);
    this.work();
  }

  protected override carryOut(effect: DtlsEffect): void {
    if (effect.kind === 'send') this.socket.send(effect.datagram, this.#port, '127.0.0.1');
    else if (effect.kind === 'findPeer') {
      this.endpoint.peerFound(effect.lookup, judge(effect.presented, this.mode, 'server'), Date.now());
    }
  }

  protected override tick(now: number): void {
    if (this.#unanswered && now >= this.#unanswered.dueAt) {
      const { request } = this.#unanswered;
      this.#unanswered = { request, dueAt: now + RESEND_MS };
      this.#send(request);
    }
    super.tick(now);
  }

  #send(data: Uint8Array): void {
    for (const { session } of this.all('established')) this.endpoint.send(session, data);
    this.work();
  }

  #listen(): void {
    this.socket.on('message', (datagram) => {
      this.endpoint.receive(SERVER, datagram, Date.now());
      this.work();
    });
  }
}
