import { join } from 'node:path';
import { opensslBuild } from '../../../../peers/openssl/build.ts';
import { hasPeer } from '../../../../tooling/testing/peers.ts';
import type { SuiteName } from '../suites.ts';
import { IDENTITY, PSK } from './material.ts';
import { type Feature, type Mode, resumes } from './modes.ts';
import { FIRST, type Peer, SECOND } from './peer.ts';

const CIPHERS: Partial<Record<SuiteName, string>> = {
  TLS_PSK_WITH_AES_128_CCM_8: 'PSK-AES128-CCM8',
  TLS_PSK_WITH_AES_128_CCM: 'PSK-AES128-CCM',
  TLS_PSK_WITH_AES_128_GCM_SHA256: 'PSK-AES128-GCM-SHA256',
  TLS_PSK_WITH_AES_256_GCM_SHA384: 'PSK-AES256-GCM-SHA384',
  TLS_PSK_WITH_AES_128_CBC_SHA256: 'PSK-AES128-CBC-SHA256',
  TLS_ECDHE_PSK_WITH_AES_128_CBC_SHA256: 'ECDHE-PSK-AES128-CBC-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8: 'ECDHE-ECDSA-AES128-CCM8',
  TLS_ECDHE_ECDSA_WITH_AES_128_CCM: 'ECDHE-ECDSA-AES128-CCM',
  TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256: 'ECDHE-ECDSA-AES128-GCM-SHA256',
  TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384: 'ECDHE-ECDSA-AES256-GCM-SHA384',
  TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256: 'ECDHE-ECDSA-AES128-SHA256',
};

/** Tags of 8 octets are below its security level 1. */
const cipher = ({ suite }: Mode): string => `${CIPHERS[suite]}:@SECLEVEL=0`;
const GROUPS: Partial<Record<Feature, string>> = { x25519: 'X25519:P-256', secp384r1: 'P-384' };
const group = ({ feature }: Mode): string => GROUPS[feature] ?? 'P-256';

function does({ suite, credential, feature }: Mode): boolean {
  const knows = ['plain', 'x25519', 'secp384r1', 'session-id', 'ticket'].includes(feature);
  return CIPHERS[suite] !== undefined && credential !== 'raw-key' && knows;
}

/** Both roles on libssl: `s_client`, and for the server a program of ours on the library, which echoes. */
export const openssl: Peer = {
  name: 'OpenSSL',
  isHere: () => hasPeer('OpenSSL', ['openssl', 'version']) && opensslBuild.isHere(),
  does,
  speaks: 'text',
  client: ({ mode, port, mtu, folder }) => {
    const files = folder.files('client', mode);
    const kept = join(folder.path, `session-${port}`);
    const common = [
      ...['s_client', '-quiet', '-dtls1_2', '-connect', `127.0.0.1:${port}`, '-cipher', cipher(mode)],
      ...(mode.credential === 'psk'
        ? ['-psk', PSK, '-psk_identity', IDENTITY]
        : ['-cert', files.certificate, '-key', files.key, '-CAfile', files.ca, '-verify_return_error']),
      ...['-groups', group(mode)],
      ...(mode.feature === 'session-id' ? ['-no_ticket'] : []),
      ...(mtu ? ['-mtu', `${mtu}`] : []),
    ];
    const run = (line: string, ...more: string[]) => ({
      command: ['openssl'] as const,
      args: [...common, ...more],
      lines: [line],
    });
    return resumes(mode) ? [run(FIRST, '-sess_out', kept), run(SECOND, '-sess_in', kept)] : [run(FIRST)];
  },
  server: ({ mode, port, mtu, folder }) => {
    const files = folder.files('server', mode);
    return {
      command: [opensslBuild.path('echo')],
      args: [
        ...['--port', `${port}`, '--cipher', cipher(mode), '--groups', group(mode)],
        ...(mode.credential === 'psk'
          ? ['--psk', PSK]
          : ['--certificate', files.certificate, '--key', files.key, '--ca', files.ca]),
        ...(mode.feature === 'session-id' ? ['--no-tickets'] : []),
        ...(mtu ? ['--mtu', `${mtu}`] : []),
      ],
    };
  },
};
