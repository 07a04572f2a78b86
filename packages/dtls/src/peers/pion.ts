import { pionBuild } from '../../../../peers/pion/build.ts';
import type { SuiteName } from '../suites.ts';
import { IDENTITY, PSK } from './material.ts';
import { type Feature, type Mode, moves, resumes } from './modes.ts';
import { FIRST, MOVE, type Peer, type Role, SECOND, type Situation } from './peer.ts';

const SUITES: readonly SuiteName[] = [
  'TLS_PSK_WITH_AES_128_CCM_8',
  'TLS_PSK_WITH_AES_128_CCM',
  'TLS_PSK_WITH_AES_128_GCM_SHA256',
  'TLS_PSK_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8',
  'TLS_ECDHE_ECDSA_WITH_AES_128_CCM',
  'TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256',
  'TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384',
];

/** It has neither raw keys in DTLS 1.2, nor tickets, nor encrypt-then-MAC. */
function does({ suite, credential, feature }: Mode, role: Role): boolean {
  if (suite === 'TLS_PSK_WITH_AES_128_CBC_SHA256') return feature === 'mac-then-encrypt';
  // Its server does not resume sessions of clients with certificates.
  if (feature === 'session-id' && credential === 'certificate' && role === 'server') return false;
  return (
    SUITES.includes(suite) && credential !== 'raw-key' && !['no-extended-master-secret', 'ticket'].includes(feature)
  );
}

const GROUPS: Partial<Record<Feature, string>> = { x25519: 'X25519,P-256', secp384r1: 'P-384' };

function common({ mode, port, mtu, folder }: Situation, role: Role): readonly string[] {
  const files = folder.files(role, mode);
  return [
    ...['-port', `${port}`, '-suite', mode.suite, '-groups', GROUPS[mode.feature] ?? 'P-256'],
    ...(mode.credential === 'psk'
      ? ['-identity', IDENTITY, '-psk', PSK]
      : ['-certificate', files.certificate, '-key', files.key, '-ca', files.ca]),
    ...(mtu ? ['-mtu', `${mtu}`] : []),
    ...(mode.feature === 'connection-ids' ? ['-cid', '4'] : []),
    ...(mode.feature === 'server-connection-id' ? ['-cid', role === 'server' ? '6' : '0'] : []),
  ];
}

export const pion: Peer = {
  name: 'pion',
  isHere: () => pionBuild.isHere(),
  does,
  speaks: 'text',
  client: (situation) => [
    {
      command: [pionBuild.path('echo')],
      args: [...common(situation, 'client'), ...(resumes(situation.mode) ? ['-resume'] : [])],
      lines: moves(situation.mode) ? [FIRST, MOVE, SECOND] : [FIRST],
    },
  ],
  server: (situation) => ({ command: [pionBuild.path('echo')], args: [...common(situation, 'server'), 'server'] }),
};
