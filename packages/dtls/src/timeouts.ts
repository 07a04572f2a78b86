import type { State } from './states.ts';

/** What it most likely means when a handshake goes no further than this state, in one sentence for people. */
export const TIMEOUT_DETAILS: Record<State, string> = {
  'server-listening': 'nothing was under way',
  'server-await-client-key-exchange':
    'the client did not go on after our ServerHello: either it is lost on the way, or the client does not accept what it says',
  'server-await-credential': 'the key of the identity was not looked up in time',
  'server-await-change-cipher-spec': 'the client did not end its flight: its ChangeCipherSpec was lost',
  'server-await-finished': 'the client did not end its flight: its Finished was lost',
  'server-established': 'nothing was under way',
  'client-await-hello': 'no answer to the ClientHello: wrong address or port, a firewall, or no DTLS server there',
  'client-await-server-hello': 'no answer to the ClientHello with the cookie: no common suite, or the server is full',
  'client-await-server-key-exchange':
    'the flight of the server is not complete: a fragment is lost, or it exceeds the MTU',
  'client-await-server-hello-done':
    'the flight of the server is not complete: a fragment is lost, or it exceeds the MTU',
  'client-await-change-cipher-spec':
    'no answer to our Finished: the server does not know the identity, or holds another key for it',
  'client-await-finished': 'the Finished of the server did not come',
  'client-established': 'nothing was under way',
};
