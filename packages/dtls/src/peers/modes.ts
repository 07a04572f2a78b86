/** The rows of the peer matrix: what the two sides agree on. */
import type { SuiteName } from '../suites.ts';

/** How both sides prove who they are; with a pre-shared key, each by knowing it. */
type Credential = 'psk' | 'raw-key' | 'certificate';

/** What a mode has beside its suite; the texts are those of the matrix. */
export const FEATURES = {
  plain: '',
  'mac-then-encrypt': 'without encrypt-then-MAC',
  'no-extended-master-secret': 'without extended master secret',
  x25519: 'x25519',
  secp384r1: 'secp384r1, certificates too',
  'connection-ids': 'Connection IDs both ways, the client moves',
  'server-connection-id': "the server's Connection ID alone, the client moves",
  'session-id': 'resumed by session id',
  ticket: 'resumed by ticket',
} as const;

export type Feature = keyof typeof FEATURES;

export interface Mode {
  readonly suite: SuiteName;
  readonly credential: Credential;
  readonly feature: Feature;
}

const PSK_SUITES: readonly SuiteName[] = [
  'TLS_PSK_WITH_AES_128_CCM_8',
  'TLS_PSK_WITH_AES_128_CCM',
  'TLS_PSK_WITH_AES_128_GCM_SHA256',
  'TLS_PSK_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256',
  'TLS_ECDHE_PSK_WITH_AES_128_CCM_SHA256',
  'TLS_ECDHE_PSK_WITH_AES_128_GCM_SHA256',
  'TLS_PSK_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256',
];
const ECDSA_SUITES: readonly SuiteName[] = [
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256',
];

const plain = (credential: Credential, suites: readonly SuiteName[]): readonly Mode[] =>
  suites.map((suite) => ({ suite, credential, feature: 'plain' }));
const featured = (credential: Credential, suite: SuiteName, features: readonly Feature[]): readonly Mode[] =>
  features.map((feature) => ({ suite, credential, feature }));

/** Every mode, in the order of the matrix. */
export const MODES: readonly Mode[] = [
  ...plain('psk', PSK_SUITES),
  ...featured('psk', 'TLS_PSK_WITH_AES_128_CBC_SHA256', ['mac-then-encrypt']),
  ...featured('psk', 'TLS_PSK_WITH_AES_128_CCM_8', [
    'no-extended-master-secret',
    'connection-ids',
    'server-connection-id',
    'session-id',
    'ticket',
  ]),
  ...plain('certificate', ECDSA_SUITES),
  ...featured('certificate', 'TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256', ['mac-then-encrypt']),
  ...featured('certificate', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256', ['x25519']),
  ...featured('certificate', 'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384', ['secp384r1']),
  ...featured('certificate', 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', ['connection-ids', 'session-id', 'ticket']),
  ...plain('raw-key', ['TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', 'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256']),
  ...featured('raw-key', 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8', ['connection-ids', 'session-id', 'ticket']),
];

/** Whether the client goes on from another port in the middle of a session. */
export const moves = ({ feature }: Mode): boolean => feature === 'connection-ids' || feature === 'server-connection-id';
/** Whether there are two handshakes, the second with what the first agreed on. */
export const resumes = ({ feature }: Mode): boolean => feature === 'session-id' || feature === 'ticket';
