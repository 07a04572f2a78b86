import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls, TLSSocket } from 'node:tls';
import type { ConnectEffect } from './effects.ts';
import type { TlsProof } from './tls-proof.ts';
import { transportOf } from './transports.ts';
import type { Wire } from './udp-wire.ts';

/** Who hears what a connection brings. */
interface TcpUser {
  connected(): void;
  received(bytes: Uint8Array): void;
  /** It is gone, or did not come up; `detail` says why to people. Nothing follows. */
  disconnected(detail: string): void;
}

/** What may wait to be written to a server that takes nothing, in bytes. */
const LONGEST_QUEUE = 1 << 20;
/** How often a connection over which nothing goes is probed, ms. */
const KEEP_ALIVE_MS = 60_000;
/** Certificates of a chain that are looked at. */
const LONGEST_CHAIN = 10;

/** Suites of RFC 7925 §4.2 and the next best. */
const PSK_SUITES = 'PSK-AES128-CCM8:PSK-AES128-CCM:PSK-AES128-GCM-SHA256';

/** A connection to one server: TCP, or TLS with what the engine wants proved. */
export class TcpWire implements Wire {
  readonly uri: string;
  readonly #socket: Socket;
  #closed = false;

  constructor({ to, tls }: Pick<ConnectEffect, 'to' | 'tls'>, user: TcpUser) {
    this.uri = to;
    const socket = connect(to, tls);
    this.#socket = socket;
    let detail = 'the server closed the connection';
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.once(tls ? 'secureConnect' : 'connect', () => {
      const obstacle = tls?.kind === 'certificate' ? obstacleOf(socket, tls) : undefined;
      if (obstacle !== undefined) {
        detail = obstacle;
        socket.destroy();
      } else if (!this.#closed) user.connected();
    });
    socket.on('data', (bytes) => {
      if (!this.#closed) user.received(bytes);
    });
    socket.on('error', (error) => {
      detail = error.message;
    });
    socket.once('close', () => {
      if (!this.#closed) user.disconnected(detail);
      this.#closed = true;
    });
  }

  send(bytes: Uint8Array): void {
    if (this.#closed) return;
    this.#socket.write(bytes);
    if (this.#socket.writableLength > LONGEST_QUEUE) this.#socket.destroy(new Error('the server takes nothing'));
  }

  close(): void {
    this.#closed = true;
    this.#socket.destroySoon();
  }
}

function connect(uri: string, tls: TlsProof | undefined): Socket {
  const { hostname, port } = new URL(uri);
  const where = { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port) || (transportOf(uri)?.port ?? 5683) };
  if (tls === undefined) return connectTcp({ ...where, noDelay: true });
  // Who the server is says `judge`, and with a pre-shared key that it has the key.
  const options = {
    ...where,
    ALPNProtocols: ['coap'],
    minVersion: 'TLSv1.2',
    rejectUnauthorized: false,
    checkServerIdentity: () => undefined,
  } as const;
  if (tls.kind === 'psk') {
    const { identity, key } = tls;
    const pskCallback = () => ({ identity, psk: key });
    return connectTls({ ...options, ciphers: PSK_SUITES, maxVersion: 'TLSv1.2', pskCallback });
  }
  const { chain, privateKey, serverName } = tls;
  return connectTls({ ...options, cert: chain, key: privateKey, servername: serverName });
}

/** Why a server is not the right one, in words. */
function obstacleOf(socket: Socket, { judge }: Extract<TlsProof, { kind: 'certificate' }>): string | undefined {
  const chain: Uint8Array[] = [];
  let certificate = socket instanceof TLSSocket ? socket.getPeerX509Certificate() : undefined;
  while (certificate !== undefined && chain.length < LONGEST_CHAIN) {
    chain.push(Uint8Array.from(certificate.raw));
    certificate = certificate.issuerCertificate;
  }
  const found = judge(chain);
  return found.ok ? undefined : found.detail;
}
