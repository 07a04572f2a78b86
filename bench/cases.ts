import type { Load } from './load/plan.ts';
import type { TargetName } from './targets.ts';

/** A load against a server. */
export interface Run {
  readonly target: TargetName;
  readonly load: Load;
}

/** One comparison: the load of ours for each CPU-second, divided by that of the yardstick. */
export interface Case {
  readonly name: string;
  readonly ours: Run;
  readonly yardstick: Run;
  /** Least ratio of ours to the yardstick that we aim at. */
  readonly aim: number;
}

/** Sockets with 16 requests under way each. */
const GET: Load = { operation: 'get', credential: 'none', devices: 16, outstanding: 256 };
const ECHO: Run = { target: 'echo', load: GET };

const loads = {
  update: { operation: 'update', credential: 'none', devices: 2000, outstanding: 256 },
  secureUpdate: { operation: 'update', credential: 'psk', devices: 2000, outstanding: 256 },
  registration: { operation: 'registration', credential: 'none', devices: 2000, outstanding: 256 },
  secureRegistration: { operation: 'registration', credential: 'psk', devices: 2000, outstanding: 256 },
  notification: { operation: 'notification', credential: 'none', devices: 2000, outstanding: 256 },
  secureNotification: { operation: 'notification', credential: 'psk', devices: 2000, outstanding: 256 },
  senml: { operation: 'senml', credential: 'none', devices: 2000, outstanding: 256 },
  secureSenml: { operation: 'senml', credential: 'psk', devices: 2000, outstanding: 256 },
  send: { operation: 'send', credential: 'none', devices: 2000, outstanding: 256 },
  secureSend: { operation: 'send', credential: 'psk', devices: 2000, outstanding: 256 },
  read: { operation: 'read', credential: 'none', devices: 2000, outstanding: 256 },
  secureRead: { operation: 'read', credential: 'psk', devices: 2000, outstanding: 256 },
  upwardRead: { operation: 'request', credential: 'none', devices: 2000, outstanding: 256 },
  request: { operation: 'request', credential: 'psk', devices: 2000, outstanding: 256 },
  psk: { operation: 'handshake', credential: 'psk', devices: 2000, outstanding: 64 },
  ticket: { operation: 'ticket', credential: 'psk', devices: 2000, outstanding: 64 },
  sessionId: { operation: 'session-id', credential: 'psk', devices: 2000, outstanding: 64 },
  rawKey: { operation: 'handshake', credential: 'raw-key', devices: 500, outstanding: 64 },
  certificate: { operation: 'handshake', credential: 'certificate', devices: 500, outstanding: 64 },
} as const satisfies Record<string, Load>;

const on = (target: TargetName, load: keyof typeof loads): Run => ({ target, load: loads[load] });

/** The same load on both. */
const besideLeshan = (name: string, load: keyof typeof loads, aim: number): Case => ({
  name,
  ours: on('reeve', load),
  yardstick: on('leshan', load),
  aim,
});

/** In a name `dtls` is the package alone between socket and thread pool, `server` the whole server. */
export const cases: readonly Case[] = [
  { name: 'CoAP request', ours: { target: 'coap core', load: GET }, yardstick: ECHO, aim: 0.7 },
  { name: 'request, coaps', ours: on('reeve', 'request'), yardstick: ECHO, aim: 0.26 },
  besideLeshan('registration and observation, coap', 'registration', 3),
  besideLeshan('registration and observation, coaps', 'secureRegistration', 3),
  besideLeshan('durable Update, coap', 'update', 2),
  besideLeshan('durable Update, coaps', 'secureUpdate', 1.5),
  besideLeshan('stored notification, coap', 'notification', 3),
  besideLeshan('stored notification, coaps', 'secureNotification', 2.5),
  besideLeshan('notification of 20 values, coap', 'senml', 3),
  besideLeshan('notification of 20 values, coaps', 'secureSenml', 2.5),
  besideLeshan('Send, coap', 'send', 2),
  besideLeshan('Send, coaps', 'secureSend', 1.5),
  besideLeshan('Read, coap', 'read', 2),
  besideLeshan('Read, coaps', 'secureRead', 1.5),
  besideLeshan('request of a device, coap', 'upwardRead', 2),
  besideLeshan('request of a device, coaps', 'request', 1.5),
  { name: 'PSK handshake, dtls', ours: on('dtls', 'psk'), yardstick: ECHO, aim: 0.055 },
  { name: 'PSK handshake, dtls', ours: on('dtls', 'psk'), yardstick: on('leshan', 'psk'), aim: 2.5 },
  { name: 'PSK handshake, server', ours: on('reeve', 'psk'), yardstick: ECHO, aim: 0.055 },
  { name: 'PSK handshake, server', ours: on('reeve', 'psk'), yardstick: on('leshan', 'psk'), aim: 2.5 },
  { name: 'resumed by ticket, dtls', ours: on('dtls', 'ticket'), yardstick: on('dtls', 'psk'), aim: 1 },
  { name: 'resumed by session id, dtls', ours: on('dtls', 'sessionId'), yardstick: on('dtls', 'psk'), aim: 1 },
  { name: 'resumed by ticket, server', ours: on('reeve', 'ticket'), yardstick: on('reeve', 'psk'), aim: 1 },
  { name: 'resumed by session id, server', ours: on('reeve', 'sessionId'), yardstick: on('reeve', 'psk'), aim: 1 },
  { name: 'raw key handshake, dtls', ours: on('dtls', 'rawKey'), yardstick: on('openssl', 'certificate'), aim: 0.7 },
  {
    name: 'certificate handshake, dtls',
    ours: on('dtls', 'certificate'),
    yardstick: on('openssl', 'certificate'),
    aim: 0.7,
  },
  { name: 'raw key handshake, server', ours: on('reeve', 'rawKey'), yardstick: on('openssl', 'certificate'), aim: 0.7 },
  {
    name: 'certificate handshake, server',
    ours: on('reeve', 'certificate'),
    yardstick: on('openssl', 'certificate'),
    aim: 0.7,
  },
];
