/** How a server's handshake begins: with what was negotiated, in full or as a resumption. */
import { FRAGMENT_LENGTHS } from './extensions.ts';
import type { Handshake } from './handshake.ts';
import { RANDOM_LENGTH } from './messages.ts';
import type { Negotiated } from './negotiation.ts';
import type { ServerOptions } from './options.ts';
import { type Resumable, type Resumption, SESSION_ID_LENGTH } from './resumption.ts';
import { suiteOf } from './suites.ts';

/** Takes over what was negotiated whichever way the keys come about. */
export function adopt(
  handshake: Handshake,
  negotiated: Negotiated,
  connectionIds: ServerOptions['connectionIds'],
  random: (n: number) => Uint8Array,
): void {
  const { layer } = handshake;
  handshake.negotiated = negotiated;
  handshake.serverRandom = random(RANDOM_LENGTH);
  handshake.serverName = negotiated.serverName;
  handshake.extendedMasterSecret = negotiated.extendedMasterSecret;
  const length = FRAGMENT_LENGTHS[(negotiated.maxFragmentLength ?? 0) - 1];
  if (length !== undefined) {
    layer.sendBytes = length;
    layer.receiveBytes = length;
  } else if (negotiated.recordSizeLimit !== undefined) {
    layer.sendBytes = Math.min(layer.sendBytes, negotiated.recordSizeLimit);
  }
  if (negotiated.connectionId === undefined || connectionIds === undefined) return;
  handshake.answersConnectionId = true;
  layer.connectionIds = { ours: connectionIds.make(), peers: negotiated.connectionId };
}

/** A full handshake, and by what its session will be resumed. */
export function beginInFull(
  handshake: Handshake,
  { suite, group, encryptThenMac, extendedMasterSecret, ticket }: Negotiated,
  resumption: Resumption | undefined,
  random: (n: number) => Uint8Array,
): void {
  handshake.path = suite.keyExchange;
  handshake.resuming = undefined;
  handshake.suite = suite;
  handshake.encryptThenMac = encryptThenMac;
  handshake.group = group;
  handshake.credential = '';
  handshake.sessionId = new Uint8Array(0);
  // Only with the extended master secret can a session be resumed (RFC 7627 §5.3).
  if (resumption === undefined || !extendedMasterSecret) return;
  handshake.ticketPromised = resumption.tickets && ticket !== undefined;
  // A server that gives a ticket gives no session id (RFC 5077 §3.4).
  if (resumption.sessionIds && !handshake.ticketPromised) handshake.sessionId = random(SESSION_ID_LENGTH);
}

export function beginResumption(handshake: Handshake, session: Resumable, sessionId: Uint8Array): void {
  handshake.resuming = session;
  handshake.suite = suiteOf(session.suite);
  handshake.encryptThenMac = session.encryptThenMac;
  handshake.credential = session.credential;
  // The same session id says that the session is resumed, by ticket too (RFC 5077 §3.4).
  handshake.sessionId = Uint8Array.from(sessionId);
}
