/** Why nothing more came, as far as that can be told from here. */
import type { Handshake } from './handshake.ts';
import { handshakeKind } from './messages.ts';
import type { Objection } from './objection.ts';
import type { State } from './states.ts';

const LOST_FLIGHT_OF_SERVER = 'the flight of the server is not complete: something of it is lost on the way';
const NOT_COMPUTED = 'the cryptography of the handshake was not computed in time';
const NOTHING = 'nothing was under way';

/** What it most likely means when a handshake goes no further than this state, in one sentence for people. */
const DETAILS: Record<State, string> = {
  'server-listening': NOTHING,
  'server-await-resumable': 'whether the session may be resumed was not looked up in time',
  'server-await-key-pair': NOT_COMPUTED,
  'server-await-signature': NOT_COMPUTED,
  'server-await-certificate':
    'the client did not answer with its Certificate: either our flight is lost on the way, or the client does not accept our certificate or key',
  'server-await-client-key-exchange':
    'the client did not go on after our ServerHello: either it is lost on the way, or the client does not accept what it says',
  'server-await-certificate-verify':
    'the client did not prove its certificate or key: its CertificateVerify did not come',
  'server-await-verification': NOT_COMPUTED,
  'server-await-peer': 'the certificate or key of the client was not looked up in time',
  'server-await-credential': 'the key of the identity was not looked up in time',
  'server-await-key-agreement': NOT_COMPUTED,
  'server-await-change-cipher-spec': 'the client did not end its flight: its ChangeCipherSpec was lost',
  'server-await-finished': 'the client did not end its flight: its Finished was lost',
  'server-established': NOTHING,
  'client-await-hello': 'no answer to the ClientHello: wrong address or port, a firewall, or no DTLS server there',
  'client-await-server-hello': 'no answer to the ClientHello with the cookie: no common suite, or the server is full',
  'client-await-certificate': LOST_FLIGHT_OF_SERVER,
  'client-await-server-key-exchange': LOST_FLIGHT_OF_SERVER,
  'client-await-certificate-request': LOST_FLIGHT_OF_SERVER,
  'client-await-server-hello-done': LOST_FLIGHT_OF_SERVER,
  'client-await-verification': NOT_COMPUTED,
  'client-await-peer': 'the certificate of the server was not looked up in time',
  'client-await-key-pair': NOT_COMPUTED,
  'client-await-key-agreement': NOT_COMPUTED,
  'client-await-signature': NOT_COMPUTED,
  'client-await-session-ticket': 'no answer to our Finished: the server does not know us, or holds another key',
  'client-await-change-cipher-spec':
    'no answer to our Finished: the server does not know the identity, or holds another key for it',
  'client-await-finished': 'the Finished of the server did not come',
  'client-established': NOTHING,
};

/** A peer that asks for a flight as often as this has not got it. */
const REPEATS_OF_THE_UNREACHED = 2;
/** Datagrams of this size pass everywhere: the least that IPv4 hosts take, without the longest headers (RFC 791 §3.1). */
const ALWAYS_PASSES = 508;

export function onTimeout(handshake: Handshake): Objection {
  const { state, reassembly, repeats, flight } = handshake;
  const detail = DETAILS[state];
  const partial = reassembly.partial();
  if (partial !== undefined) {
    const { type, length, arrived } = partial;
    const message = handshakeKind(type);
    return {
      check: 'fragment-lost',
      detail: `${detail}; of the peer's ${message} (${length} octets) ${arrived} arrived, the rest is lost each time`,
    };
  }
  const octets = flight?.items.reduce((sum, one) => sum + (one.kind === 'handshake' ? one.message.body.length : 0), 0);
  if (repeats >= REPEATS_OF_THE_UNREACHED && octets !== undefined && octets > ALWAYS_PASSES) {
    return {
      check: 'mtu',
      detail: `${detail}; the peer asked ${repeats} times for our flight of ${octets} octets: its way may pass small datagrams only`,
    };
  }
  return { check: 'timeout', detail };
}
