import { type KeyObject, randomBytes, type X509Certificate } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';
import { addressKey, type ClientIdentity, computeNow, DtlsClient, type SessionKey } from '@reeve/dtls';

/** What carries a device's CoAP to the server. */
export interface Wire {
  /** Whether it is a connection, so that messages have no type and id. */
  readonly stream: boolean;
  /** Who gets what comes; set once. */
  onBytes: (bytes: Uint8Array) => void;
  send(bytes: Uint8Array): void;
  /** Resolves when the server has closed it; only a connection is ever closed. */
  readonly closed: Promise<void>;
  close(): Promise<void>;
}

/** What a device proves itself with. */
export type WireProof =
  | { readonly kind: 'psk'; readonly identity: string; readonly key: Uint8Array }
  | { readonly kind: 'raw-key'; readonly publicKey: Uint8Array; readonly privateKey: KeyObject }
  | {
      readonly kind: 'certificate';
      readonly identity: ClientIdentity;
      readonly pem: { chain: string; privateKey: string };
    };

const HOST = '127.0.0.1';
const NEVER = new Promise<void>(() => {});

/** CoAP in datagrams. */
export async function udpWire(port: number): Promise<Wire> {
  const socket = createSocket('udp4');
  socket.connect(port, HOST);
  await once(socket, 'connect');
  const wire: Wire = {
    stream: false,
    onBytes: () => {},
    closed: NEVER,
    send: (bytes) => socket.send(bytes),
    close: async () => {
      socket.close();
      await once(socket, 'close');
    },
  };
  socket.on('message', (bytes) => wire.onBytes(bytes));
  return wire;
}

/**
 * CoAP over DTLS, established when this resolves.
 *
 * @param serverKey raw public key that the server has to show to a raw public key; a certificate of it is believed
 */
export async function dtlsWire(port: number, proof: WireProof, serverKey: Uint8Array): Promise<Wire> {
  const datagrams = await udpWire(port);
  const identity = clientIdentity(proof, serverKey);
  const dtls = new DtlsClient({ random: (n) => randomBytes(n), address: addressKey('server'), identity });
  let session: SessionKey | undefined;
  const established = Promise.withResolvers<void>();
  const flush = () => {
    for (let effects = dtls.drain(); effects.length > 0; effects = dtls.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') datagrams.send(effect.datagram);
        else if (effect.kind === 'compute') dtls.computed(effect.job, computeNow(effect.task), performance.now());
        else if (effect.kind === 'findPeer') {
          dtls.peerFound(effect.lookup, { ok: true, credential: 'server' }, performance.now());
        } else if (effect.kind === 'established') {
          session = effect.session;
          established.resolve();
        } else if (effect.kind === 'received') wire.onBytes(effect.data);
        else if (effect.kind === 'refused') established.reject(new Error(effect.detail));
      }
    }
  };
  const wire: Wire = {
    stream: false,
    onBytes: () => {},
    closed: NEVER,
    send: (bytes) => {
      if (session) dtls.send(session, bytes);
      flush();
    },
    close: async () => {
      clearInterval(timer);
      if (session) dtls.close(session);
      flush();
      await datagrams.close();
    },
  };
  datagrams.onBytes = (bytes) => {
    dtls.receive(addressKey('server'), bytes, performance.now());
    flush();
  };
  const timer = setInterval(() => {
    dtls.tick(performance.now());
    flush();
  }, 100);
  dtls.connect(performance.now());
  flush();
  await established.promise;
  return wire;
}

function clientIdentity(proof: WireProof, serverKey: Uint8Array): ClientIdentity {
  switch (proof.kind) {
    case 'psk':
      return { kind: 'psk', identity: Buffer.from(proof.identity), key: proof.key };
    case 'raw-key':
      return { ...proof, serverKey };
    case 'certificate':
      return proof.identity;
  }
}

function streamWire(socket: Socket): Wire {
  const wire: Wire = {
    stream: true,
    onBytes: () => {},
    closed: new Promise((resolve) => socket.once('close', () => resolve())),
    send: (bytes) => socket.write(bytes),
    close: async () => {
      const closed = socket.closed ? undefined : once(socket, 'close');
      socket.destroy();
      await closed;
    },
  };
  socket.on('data', (bytes) => wire.onBytes(bytes));
  socket.on('error', () => {});
  return wire;
}

/** CoAP over a connection. */
export async function tcpWire(port: number): Promise<Wire> {
  const socket = connectTcp({ host: HOST, port, noDelay: true });
  await once(socket, 'connect');
  return streamWire(socket);
}

/** CoAP over TLS. @param server certificate that the server has to show; with pre-shared keys it shows none */
export async function tlsWire(port: number, proof: WireProof, server?: X509Certificate): Promise<Wire> {
  if (proof.kind === 'raw-key') throw new Error('there are no raw public keys over TLS');
  const { kind } = proof;
  const socket = connectTls({
    host: HOST,
    port,
    ALPNProtocols: ['coap'],
    checkServerIdentity: () => undefined,
    ...(kind === 'psk'
      ? {
          ciphers: 'PSK-AES128-CCM8:PSK-AES128-GCM-SHA256',
          maxVersion: 'TLSv1.2' as const,
          pskCallback: () => ({ identity: proof.identity, psk: Buffer.from(proof.key) }),
        }
      : { cert: proof.pem.chain, key: proof.pem.privateKey, ca: server?.toString() ?? '' }),
  });
  await once(socket, 'secureConnect');
  return streamWire(socket);
}
