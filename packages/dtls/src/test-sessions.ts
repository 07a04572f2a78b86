/** For tests: both ends of a session that no handshake was needed for. */
import { DtlsClient } from './client.ts';
import { type AddressKey, type SessionKey, sessionKey } from './effects.ts';
import type { IdentityLabel } from './identity.ts';
import type { ImportPosition } from './moves.ts';
import type { ServerOptions } from './options.ts';
import { MAX_PLAINTEXT } from './record.ts';
import { DtlsServer } from './server.ts';
import { encodeSession, encodeSnapshot, type SessionState } from './snapshot.ts';
import { SUITES, type Suite } from './suites.ts';
import { CLIENT_ADDRESS, effectsOf, PSK, replayableRandom, SERVER_ADDRESS } from './testing.ts';

export interface EndsOptions {
  /** Tells sessions apart. */
  readonly name?: string;
  readonly identity?: string;
  readonly clientAddress?: AddressKey;
  /** In the client's records. */
  readonly connectionId?: Uint8Array;
  /** In the server's records. */
  readonly clientConnectionId?: Uint8Array;
  readonly suite?: Suite;
  readonly server?: Partial<SessionState>;
}

/** What the server and the client know of a session that they share. */
export function sessionEnds(options: EndsOptions = {}): { server: SessionState; client: SessionState } {
  const suite = options.suite ?? SUITES[0];
  const name = options.name ?? 'session';
  const { macKeyLength, keyLength, fixedIvLength } = suite.cipher;
  const lengths = [macKeyLength, keyLength, fixedIvLength];
  const random = replayableRandom(name);
  const parts = lengths.map((length) => [random(length), random(length)] as const);
  const common = {
    key: sessionKey(name),
    identity: (options.identity ?? `psk:${Buffer.from(name).toString('hex')}`) as IdentityLabel,
    credential: 'key 1',
    sendBytes: MAX_PLAINTEXT,
    receiveBytes: MAX_PLAINTEXT,
    candidate: undefined,
  };
  const ours = options.connectionId ?? new Uint8Array(0);
  const theirs = options.clientConnectionId ?? new Uint8Array(0);
  return {
    server: {
      ...common,
      role: 'server',
      address: options.clientAddress ?? CLIENT_ADDRESS,
      connectionId: ours,
      peerConnectionId: theirs,
      keys: { suite, encryptThenMac: false, material: Buffer.concat(parts.flat()) },
      ...options.server,
    },
    client: {
      ...common,
      role: 'client',
      address: SERVER_ADDRESS,
      connectionId: theirs,
      peerConnectionId: ours,
      keys: { suite, encryptThenMac: false, material: Buffer.concat(parts.flatMap(([a, b]) => [b, a])) },
    },
  };
}

/** A snapshot of a session that nothing was sent in yet. */
export function freshSnapshot(state: SessionState, sendFrom = 0): Uint8Array {
  return encodeSnapshot({ sendFrom, received: -1, session: encodeSession(state) });
}

/** A server and a client that share a session, in no network at all. */
export interface Joined {
  readonly server: DtlsServer;
  readonly client: DtlsClient;
  readonly key: SessionKey;
}

const EVERY_SUITE = SUITES.map(({ name }) => name);

export function newServer(options: Partial<ServerOptions> = {}, connectionIdLength = 4): DtlsServer {
  const make = (): Uint8Array => new Uint8Array(connectionIdLength);
  return new DtlsServer({
    random: replayableRandom('server'),
    suites: EVERY_SUITE,
    connectionIds: { length: connectionIdLength, make },
    ...options,
  });
}

/** Takes in a session, or throws. */
export function take(
  endpoint: DtlsServer | DtlsClient,
  state: SessionState,
  position: ImportPosition = {},
): SessionKey {
  const result = endpoint.import(freshSnapshot(state), position, 0);
  if (!result.ok) throw new Error(result.detail);
  return result.session;
}

export function joined(ends: EndsOptions = {}, options: Partial<ServerOptions> = {}, server?: DtlsServer): Joined {
  const { server: ours, client: theirs } = sessionEnds(ends);
  const host = server ?? newServer(options, ends.connectionId?.length);
  const client = new DtlsClient({
    random: replayableRandom('client'),
    suites: EVERY_SUITE,
    address: SERVER_ADDRESS,
    identity: PSK,
    ...(theirs.connectionId.length > 0 && { connectionId: theirs.connectionId }),
  });
  take(client, theirs);
  return { server: host, client, key: take(host, ours) };
}

/** Records with application data that the client sends. */
export function said({ client, key }: Joined, ...texts: readonly string[]): Uint8Array[] {
  for (const text of texts) client.send(key, Buffer.from(text));
  return effectsOf(client.drain(), 'send').map(({ datagram }) => datagram);
}

/** What a client hears of datagrams, as text. */
export function heard(client: DtlsClient, datagrams: readonly Uint8Array[], now = 0): string[] {
  for (const datagram of datagrams) client.receive(SERVER_ADDRESS, datagram, now);
  return effectsOf(client.drain(), 'received').map(({ data }) => Buffer.from(data).toString());
}
