import { join } from 'node:path';
import { hasPeer } from '../../../../tooling/testing/peers.ts';
import type { SuiteName } from '../suites.ts';
import { IDENTITY, PSK } from './material.ts';
import { type Feature, type Mode, resumes } from './modes.ts';
import { FIRST, type Peer, type Role } from './peer.ts';

/** Key exchange, cipher and MAC of each suite in its notation. */
const ALGORITHMS: Partial<Record<SuiteName, string>> = {
  TLS_PSK_WITH_AES_128_CCM_8: '+PSK:+AES-128-CCM-8:+AEAD',
  TLS_PSK_WITH_AES_128_CCM: '+PSK:+AES-128-CCM:+AEAD',
  TLS_PSK_WITH_AES_128_GCM_SHA256: '+PSK:+AES-128-GCM:+AEAD',
  TLS_PSK_WITH_AES_256_GCM_SHA384: '+PSK:+AES-256-GCM:+AEAD',
  TLS_PSK_WITH_AES_128_CBC_SHA256: '+PSK:+AES-128-CBC:+SHA256',
  TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: '+ECDHE-PSK:+AES-128-CBC:+SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8: '+ECDHE-ECDSA:+AES-128-CCM-8:+AEAD',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: '+ECDHE-ECDSA:+AES-128-CCM:+AEAD',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: '+ECDHE-ECDSA:+AES-128-GCM:+AEAD',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: '+ECDHE-ECDSA:+AES-256-GCM:+AEAD',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: '+ECDHE-ECDSA:+AES-128-CBC:+SHA256',
};

const GROUPS: Partial<Record<Feature, string>> = { x25519: 'X25519:+GROUP-SECP256R1', secp384r1: 'SECP384R1' };

function priority({ suite, credential, feature }: Mode): string {
  return [
    'NORMAL:-VERS-ALL:+VERS-DTLS1.2:-KX-ALL:-CIPHER-ALL:-MAC-ALL:-GROUP-ALL:-CTYPE-ALL',
    ALGORITHMS[suite],
    `+GROUP-${GROUPS[feature] ?? 'SECP256R1'}`,
    credential === 'raw-key' ? '+CTYPE-RAWPK' : '+CTYPE-X509',
    ...(feature === 'no-extended-master-secret' ? ['%NO_SESSION_HASH'] : []),
    ...(feature === 'mac-then-encrypt' ? ['%NO_ETM'] : []),
    ...(feature === 'session-id' ? ['%NO_TICKETS'] : []),
  ].join(':');
}

function does({ suite, feature }: Mode, role: Role): boolean {
  // Its client crashes.
  if (suite === 'TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256' && role === 'client') return false;
  return ALGORITHMS[suite] !== undefined && feature !== 'connection-ids' && feature !== 'server-connection-id';
}

export const gnutls: Peer = {
  name: 'GnuTLS',
  isHere: () => hasPeer('GnuTLS', ['gnutls-serv', '--version']),
  does,
  speaks: 'text',
  client: ({ mode, port, mtu, folder }) => {
    const files = folder.files('client', mode);
    const identity = {
      psk: ['--pskusername', IDENTITY, '--pskkey', PSK],
      certificate: ['--x509certfile', files.certificate, '--x509keyfile', files.key, '--x509cafile', files.ca],
      // What public keys to trust it reads from a file of its own; the server's signature is checked all the same.
      'raw-key': ['--rawpkfile', files.publicKey, '--rawpkkeyfile', files.key, '--insecure'],
    }[mode.credential];
    return [
      {
        command: ['gnutls-cli'],
        args: [
          ...['-u', '-p', `${port}`, '127.0.0.1', '--priority', priority(mode), ...identity],
          ...(mtu ? ['--mtu', `${mtu}`] : []),
          ...(resumes(mode) ? ['--resume'] : []),
        ],
        lines: [FIRST],
      },
    ];
  },
  server: ({ mode, port, mtu, folder }) => {
    const files = folder.files('server', mode);
    const identity = {
      psk: ['--pskpasswd', join(folder.path, 'psk')],
      certificate: [
        ...['--x509certfile', files.certificate, '--x509keyfile', files.key, '--x509cafile', files.ca],
        ...['--require-client-cert', '--verify-client-cert'],
      ],
      'raw-key': ['--rawpkfile', files.publicKey, '--rawpkkeyfile', files.key, '--require-client-cert'],
    }[mode.credential];
    return {
      command: ['gnutls-serv'],
      args: [
        ...['-u', '--echo', '-p', `${port}`, '--priority', priority(mode), ...identity],
        ...(mtu ? ['--mtu', `${mtu}`] : []),
        ...(mode.feature === 'session-id' ? ['--noticket'] : []),
      ],
    };
  },
};
