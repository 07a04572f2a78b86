import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import { createServer, type Server, type TLSSocket } from 'node:tls';
import { identityLabel } from '@reeve/dtls';
import { type PeerAddress, showAddress } from './address.ts';
import type { Arrival, Connections } from './connections.ts';
import { type DtlsSettings, defaultDtls } from './dtls-settings.ts';
import type { Listener, Presented } from './port.ts';
import type { StreamLimits } from './stream-limits.ts';
import { checkOfTls } from './tls-refusals.ts';
import type { TlsKey, TlsSecrets } from './tls-secrets.ts';

interface Options {
  readonly ingress: number;
  readonly listener: Listener;
  readonly connections: Connections;
  readonly secrets: TlsSecrets;
  readonly limits: StreamLimits;
  /** Gets the keys of every handshake, a line of NSS's key log format for each. */
  readonly keyLog?: (line: string) => void;
  readonly heard: () => void;
  /** A peer is admitted. */
  readonly established: (socket: TLSSocket, arrival: Arrival) => void;
}

const NOBODYS_KEY_BYTES = 32;
const NOBODY = 'nobody has this identity here';

/** A handshake under way. */
interface Handshake {
  readonly address: PeerAddress;
  /** Frees its place among them. */
  readonly leave: () => void;
}

/** The identity of the pre-shared key that a peer asked for, as a label, and what is known of it. */
interface Claim {
  readonly identity: string;
  readonly found: TlsKey | undefined;
}

/** Who a peer is, and by what it was admitted. */
type Admitted = Pick<TlsKey, 'credential' | 'suites'> & { readonly identity: string };

/** TLS for one socket of `coaps+tcp`: who proves what, and whether it is a device (RFC 8323 §9, LwM2M Transport §5.2). */
export class TlsListener {
  readonly #o: Options;
  readonly #settings: DtlsSettings;
  readonly #server: Server;
  /** By the port of the peer's socket: TLS names its handshakes by sockets of its own. */
  readonly #handshakes = new Map<string, Handshake>();
  /** By the very socket that asked: who is admitted as what hangs on nothing that two peers could have alike. */
  readonly #claims = new WeakMap<TLSSocket, Claim>();

  constructor(options: Options) {
    this.#o = options;
    const { secrets, listener, limits } = options;
    const settings = { ...defaultDtls, ...listener.dtls };
    this.#settings = settings;
    this.#server = createServer({
      ...secrets.contextOptions(settings),
      ALPNProtocols: ['coap'],
      requestCert: settings.credentials.includes('certificate'),
      // Whether a certificate is good is decided once its owner has proved that it is theirs.
      rejectUnauthorized: false,
      handshakeTimeout: limits.handshakeMs,
      SNICallback: (name, done) => done(null, secrets.context(settings, name)),
      ...(settings.credentials.includes('psk')
        ? { pskCallback: (socket: TLSSocket, identity: string) => this.#keyOf(socket, identity) }
        : {}),
    });
    secrets.onIdentities(() => this.#server.setSecureContext(secrets.contextOptions(settings)));
    const { keyLog } = options;
    if (keyLog) this.#server.on('keylog', (line) => keyLog(line.toString('latin1').trimEnd()));
    this.#server.on('secureConnection', (socket) => this.#secured(socket));
    this.#server.on('tlsClientError', (error, socket) => this.#failed(socket, error));
  }

  /**
   * Begins a handshake; one at a time from an address and port, of which there can be two only where the server has
   * several addresses, or for a moment after the first was cut off.
   *
   * @param leave called once it is over
   */
  accept(socket: Socket, address: PeerAddress, leave: () => void): void {
    const key = showAddress(address);
    if (this.#handshakes.has(key)) {
      leave();
      socket.destroy();
      return;
    }
    const handshake: Handshake = { address, leave };
    this.#handshakes.set(key, handshake);
    socket.once('close', () => {
      if (this.#handshakes.get(key) === handshake) this.#over(key);
    });
    this.#server.emit('connection', socket);
  }

  #over(key: string): Handshake | undefined {
    const handshake = this.#handshakes.get(key);
    this.#handshakes.delete(key);
    handshake?.leave();
    return handshake;
  }

  /**
   * The key of an identity. One that nobody has gets a key that nobody has, so that a peer can't tell it from a wrong key
   * (RFC 4279 §2); the difference is for the record alone.
   */
  #keyOf(socket: TLSSocket, identity: string): Uint8Array {
    const purpose = this.#o.listener.bootstrap ? 'bootstrap' : 'management';
    const found = this.#o.secrets.key(identity, Date.now(), purpose);
    const label = identityLabel({ kind: 'psk', identity: Buffer.from(identity, 'utf8') });
    this.#claims.set(socket, { identity: label, found });
    return found?.key ?? randomBytes(NOBODYS_KEY_BYTES);
  }

  #secured(socket: TLSSocket): void {
    socket.on('error', () => {});
    const { standardName: suite } = socket.getCipher();
    if (suite.includes('PSK_')) this.#provedByKey(socket, suite);
    else this.#provedByCertificate(socket, suite);
    this.#o.heard();
  }

  #provedByKey(socket: TLSSocket, suite: string): void {
    const { identity, found } = this.#claims.get(socket) ?? {};
    if (!found || identity === undefined) this.#refuse(socket, 'unknown-identity', 'no key was asked for');
    else this.#admit(socket, { identity, ...found }, suite);
  }

  #provedByCertificate(socket: TLSSocket, suite: string): void {
    const { limits } = this.#o;
    const chain = chainOf(socket, limits.chain);
    if (chain.length === 0) {
      this.#refuse(socket, 'no-certificate', 'no certificate was presented');
      return;
    }
    const presented: Presented = { kind: 'certificate', chain };
    const identity = identityLabel(presented);
    const deadline = setTimeout(() => socket.destroy(), limits.handshakeMs);
    this.#o.connections.ask(presented, this.#o.ingress, (verdict) => {
      clearTimeout(deadline);
      if (socket.destroyed) return;
      if (verdict.ok) this.#admit(socket, { identity, ...verdict }, suite);
      else this.#refuse(socket, verdict.check, verdict.detail, identity);
    });
  }

  /** The peer is a device; a credential may be for some suites only. */
  #admit(socket: TLSSocket, { identity, credential, suites }: Admitted, suite: string): void {
    if (suites && !suites.includes(suite)) {
      this.#refuse(socket, 'no-common-suite', `${suite} is not allowed for this credential`, identity);
      return;
    }
    const handshake = this.#over(keyOf(socket));
    if (!handshake) return;
    this.#o.established(socket, {
      transport: 'coaps+tcp',
      ...handshake.address,
      proved: { identity, credential, suite },
    });
  }

  #failed(socket: TLSSocket, error: Error): void {
    const { check, detail } = checkOfTls(error);
    const claim = this.#claims.get(socket);
    if (check === 'wrong-key' && claim?.found === undefined)
      this.#refuse(socket, 'unknown-identity', NOBODY, claim?.identity);
    else this.#refuse(socket, check, detail, claim?.identity);
  }

  #refuse(
    socket: TLSSocket,
    check: Parameters<Connections['refused']>[0]['check'],
    detail: string,
    identity?: string,
  ): void {
    const handshake = this.#over(keyOf(socket));
    // What TLS has to say to the peer still leaves.
    socket.destroySoon();
    if (!handshake) return;
    const { ingress, ...address } = handshake.address;
    this.#o.connections.refused({
      address: showAddress(address),
      ingress,
      check,
      detail,
      handshake: { wanted: this.#settings.suites },
      ...(identity === undefined ? {} : { identity }),
    });
    this.#o.heard();
  }
}

function keyOf({ remoteAddress = '', remotePort = 0 }: TLSSocket): string {
  return showAddress({ host: remoteAddress, port: remotePort });
}

/** The certificates that a peer presented, in DER, its own first. */
function chainOf(socket: TLSSocket, longest: number): Uint8Array[] {
  const chain: Uint8Array[] = [];
  let certificate = socket.getPeerX509Certificate();
  while (certificate && chain.length < longest) {
    chain.push(Uint8Array.from(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  return chain;
}
