/** The client's side of DTLS 1.2 with pre-shared keys. */
import { createSecretKey, type KeyObject } from 'node:crypto';
import type { AlertName } from './alert.ts';
import type { AddressKey } from './effects.ts';
import { Endpoint } from './endpoint.ts';
import type { FlightItem } from './flight.ts';
import { Handshake } from './handshake.ts';
import type { DtlsSizes } from './limits.ts';
import {
  type Extension,
  ExtensionType,
  findExtension,
  type HandshakeMessage,
  NULL_COMPRESSION,
  RANDOM_LENGTH,
  type ServerHello,
  Version,
} from './messages.ts';
import type { ClientOptions } from './options.ts';
import { EMPTY_RENEGOTIATION_INFO_SCSV, suiteLabel } from './suites.ts';

/** One server; sans-I/O. `established` and `refused` say how a `connect` ended. */
export class DtlsClient extends Endpoint {
  readonly #address: AddressKey;
  readonly #identity: Uint8Array;
  readonly #key: KeyObject;

  /** @throws RangeError when identity or key can't serve */
  constructor(options: ClientOptions) {
    super(options);
    this.#address = options.address;
    if (options.identity.kind !== 'psk') throw new RangeError('only pre-shared keys');
    const { identity, key } = options.identity;
    this.#identity = Uint8Array.from(identity);
    this.#key = key instanceof Uint8Array ? createSecretKey(key) : key;
    if (!this.#key.symmetricKeySize) throw new RangeError('the pre-shared key is empty');
    if (identity.length > this.limits.identityBytes) throw new RangeError('the identity exceeds limits.identityBytes');
  }

  /** Starts a handshake unless one is under way. A live session stays until the new one is established. */
  connect(now: number): void {
    if (this.handshakes.size > 0) return;
    const handshake = new Handshake({
      role: 'client',
      state: 'client-await-hello',
      address: this.#address,
      prefix: '',
      clientRandom: this.random(RANDOM_LENGTH),
      limits: this.limits,
      firstRecord: 0,
      firstMessage: 0,
      expectMessage: 0,
      // The last retransmission ends it.
      expiresAt: Number.POSITIVE_INFINITY,
    });
    handshake.presented = { kind: 'psk', identity: this.#identity };
    this.begin(handshake);
    this.startFlight(handshake, [this.#clientHello(handshake, new Uint8Array(0))], now);
  }

  override sizes(): DtlsSizes {
    return { ...this.commonSizes(), halfOpenPerPrefix: this.handshakes.size, lookups: 0 };
  }

  /** A client does not listen: the state table has the last word. */
  protected override onClientHello(): boolean {
    return false;
  }

  protected override accept(handshake: Handshake, message: HandshakeMessage, now: number): void {
    if (message.kind === 'hello-verify-request') this.#sayHelloAgain(handshake, message.body.cookie, now);
    else if (message.kind === 'server-hello') this.#onServerHello(handshake, message.body);
    else if (message.kind === 'server-hello-done') this.#sendFinished(handshake, now);
    else if (message.kind === 'finished' && handshake.suite) this.establish(handshake, handshake.suite, undefined, now);
  }

  /** Heeded although nothing proves it: a client can connect again at once. */
  protected override onHandshakeAlert(handshake: Handshake, detail: string): void {
    this.fail(handshake, 'alert', detail);
  }

  /** A forged record; a server that holds another key says nothing. */
  protected override onUnopened(): void {}

  #clientHello(handshake: Handshake, cookie: Uint8Array): FlightItem {
    return handshake.compose('client-hello', {
      version: Version.DTLS_1_2,
      random: handshake.clientRandom,
      sessionId: new Uint8Array(0),
      cookie,
      cipherSuites: [...this.suites.map(({ id }) => id), EMPTY_RENEGOTIATION_INFO_SCSV],
      compressionMethods: [NULL_COMPRESSION],
      extensions: [{ type: ExtensionType.EXTENDED_MASTER_SECRET, data: new Uint8Array(0) }],
    });
  }

  #sayHelloAgain(handshake: Handshake, cookie: Uint8Array, now: number): void {
    handshake.restartTranscript();
    this.startFlight(handshake, [this.#clientHello(handshake, cookie)], now);
  }

  #onServerHello(handshake: Handshake, hello: ServerHello): void {
    const problem = this.#objectTo(hello);
    if (problem !== undefined) {
      this.fail(
        handshake,
        problem.alert === 'protocol_version' ? 'unsupported-version' : 'malformed',
        problem.detail,
        problem.alert,
      );
      return;
    }
    handshake.suite = this.suites.find(({ id }) => id === hello.cipherSuite);
    handshake.serverRandom = Uint8Array.from(hello.random);
    handshake.extendedMasterSecret =
      findExtension(hello.extensions, ExtensionType.EXTENDED_MASTER_SECRET) !== undefined;
  }

  /** What is wrong with a ServerHello that is well formed (RFC 5246 §7.4.1.3 and §7.4.1.4). */
  #objectTo(hello: ServerHello): { readonly alert: AlertName; readonly detail: string } | undefined {
    if (hello.version !== Version.DTLS_1_2) {
      return { alert: 'protocol_version', detail: `the server chose version 0x${hello.version.toString(16)}` };
    }
    if (!this.suites.some(({ id }) => id === hello.cipherSuite)) {
      return {
        alert: 'illegal_parameter',
        detail: `the server chose ${suiteLabel(hello.cipherSuite)}, which was not offered`,
      };
    }
    if (hello.compressionMethod !== NULL_COMPRESSION) {
      return { alert: 'illegal_parameter', detail: 'the server chose compression, which was not offered' };
    }
    return objectToExtensions(hello.extensions);
  }

  /** ClientKeyExchange, ChangeCipherSpec, Finished. */
  #sendFinished(handshake: Handshake, now: number): void {
    if (handshake.suite === undefined) return;
    const keyExchange = handshake.compose('client-key-exchange', { identity: this.#identity });
    handshake.deriveKeys(this.#key, handshake.suite);
    const finished = handshake.compose('finished', { verifyData: handshake.finishedOf('client') }, 1);
    this.startFlight(handshake, [keyExchange, { kind: 'change-cipher-spec' }, finished], now);
  }
}

/** A server may answer only what was offered, once each; renegotiation_info answers the SCSV (RFC 5746 §3.4). */
function objectToExtensions(
  extensions: readonly Extension[],
): { readonly alert: AlertName; readonly detail: string } | undefined {
  const seen = new Set<number>();
  for (const { type, data } of extensions) {
    const known = type === ExtensionType.EXTENDED_MASTER_SECRET || type === ExtensionType.RENEGOTIATION_INFO;
    if (!known || seen.has(type)) {
      return { alert: 'unsupported_extension', detail: `the server answered extension ${type}, which was not offered` };
    }
    seen.add(type);
    const expected = type === ExtensionType.EXTENDED_MASTER_SECRET ? 0 : 1;
    if (data.length !== expected || (data[0] ?? 0) !== 0) {
      return { alert: 'handshake_failure', detail: `extension ${type} of the server does not fit a new session` };
    }
  }
  return undefined;
}
