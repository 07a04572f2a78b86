/** Test kit: every kind of handshake by name, for tests that go through all of them. */
import type { PairOptions } from './testing.ts';
import { effectsOf, Pair } from './testing.ts';
import {
  AUTHORITY,
  CERTIFIED_CLIENT,
  CERTIFIED_SERVER,
  RAW_CLIENT,
  RAW_CLIENT_384,
  RAW_SERVER,
  RAW_SERVER_384,
} from './testing-peers.ts';

/** A kind of handshake. */
export interface Mode {
  readonly name: string;
  /** What client and server are set to. */
  readonly options: PairOptions;
  /** Whether an earlier session is resumed. */
  readonly resumed?: boolean;
}

const RAW_KEYS: PairOptions = { client: { identity: RAW_CLIENT }, server: { identities: [RAW_SERVER] } };
const CERTIFICATES: PairOptions = {
  client: { identity: CERTIFIED_CLIENT, serverName: 'server.example' },
  server: { identities: [CERTIFIED_SERVER], certificateAuthorities: [AUTHORITY] },
};
const TICKETS: PairOptions = {
  client: { resumption: { tickets: true } },
  server: { resumption: { tickets: true } },
};
const SESSION_IDS: PairOptions = { client: { resumption: {} }, server: { resumption: { sessionIds: 10 } } };
const CONNECTION_IDS: PairOptions = {
  client: { connectionId: Uint8Array.of(0xc1, 0xc2) },
  server: { connectionIds: { length: 4, make: () => Uint8Array.of(0x5e, 1, 2, 3) } },
};

/** Options laid over each other. */
export function merge(below: PairOptions, above: PairOptions): PairOptions {
  return {
    ...below,
    ...above,
    shared: { ...below.shared, ...above.shared },
    client: { ...below.client, ...above.client },
    server: { ...below.server, ...above.server },
  };
}

const CERTIFICATES_WITH_CONNECTION_IDS = merge(CERTIFICATES, CONNECTION_IDS);

export const MODES: readonly Mode[] = [
  { name: 'PSK', options: {} },
  { name: 'PSK with CBC', options: { shared: { suites: ['TLS_PSK_WITH_AES_128_CBC_SHA256'] } } },
  { name: 'PSK with Connection IDs', options: CONNECTION_IDS },
  { name: 'PSK with short records', options: { client: { maxFragmentLength: 512 } } },
  { name: 'PSK that gives a ticket', options: TICKETS },
  { name: 'ECDHE_PSK', options: { shared: { suites: ['TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256'] } } },
  {
    name: 'ECDHE_PSK on x25519',
    options: { shared: { suites: ['TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256'], groups: ['x25519'] } },
  },
  { name: 'raw keys', options: RAW_KEYS },
  {
    name: 'raw keys on P-384',
    options: {
      shared: { suites: ['TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384'], groups: ['secp384r1'] },
      client: { identity: RAW_CLIENT_384 },
      server: { identities: [RAW_SERVER_384] },
    },
  },
  { name: 'certificates', options: CERTIFICATES },
  { name: 'certificates with Connection IDs and a ticket', options: merge(CERTIFICATES_WITH_CONNECTION_IDS, TICKETS) },
  { name: 'PSK resumed by session id', options: SESSION_IDS, resumed: true },
  { name: 'raw keys resumed by ticket', options: merge(RAW_KEYS, TICKETS), resumed: true },
  {
    name: 'certificates resumed with Connection IDs',
    options: merge(CERTIFICATES_WITH_CONNECTION_IDS, SESSION_IDS),
    resumed: true,
  },
];

/** Long enough for an undisturbed handshake, in ms. */
const CALM_MS = 20_000;

/** Client and server that are about to shake hands in a mode; an earlier session, if that takes one, is over. */
export function pairOf({ options, resumed }: Mode, more: PairOptions = {}): Pair {
  const { network, ...calm } = merge(options, more);
  const pair = new Pair(calm);
  if (resumed) {
    pair.client.connect(pair.now);
    pair.run(pair.now + CALM_MS);
    const [first] = effectsOf(pair.clientEffects, 'established');
    if (first === undefined) throw new Error('there is no session to resume');
    pair.client.close(first.session);
    pair.run(pair.now + CALM_MS);
    pair.forget();
  }
  if (network !== undefined) pair.network = network;
  return pair;
}
