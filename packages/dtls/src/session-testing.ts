/** For tests: both ends of a session that no handshake was needed for. */
import type { AddressKey } from './effects.ts';
import { sessionKey } from './effects.ts';
import type { IdentityLabel } from './identity.ts';
import { MAX_PLAINTEXT } from './record.ts';
import { encodeSession, encodeSnapshot, type SessionState } from './snapshot.ts';
import { SUITES, type Suite } from './suites.ts';
import { CLIENT_ADDRESS, replayableRandom, SERVER_ADDRESS } from './testing.ts';

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
