import { leshanCommand } from '../../../../peers/leshan/build.ts';
import { leshanAvailable } from '../../../../peers/leshan/driver.ts';
import { IDENTITY, PSK } from './material.ts';
import { type Feature, type Mode, moves, resumes } from './modes.ts';
import { FIRST, MOVE, type Peer, type Role, SECOND, type Situation } from './peer.ts';

const JAVA_FLAGS = ['-Xmx256m', '-XX:+UseSerialGC', '-XX:TieredStopAtLevel=1'];

/** It has no tickets and no encrypt-then-MAC. */
function does({ suite, feature }: Mode): boolean {
  if (suite.includes('CBC')) return feature === 'mac-then-encrypt' || suite.startsWith('TLS_ECDHE_PSK');
  return feature !== 'ticket' && feature !== 'no-extended-master-secret';
}

const GROUPS: Partial<Record<Feature, string>> = { x25519: 'X25519,secp256r1', secp384r1: 'secp384r1' };

function common({ mode, port, mtu, folder }: Situation, role: Role): readonly string[] {
  const files = folder.files(role, mode);
  const identity = {
    psk: ['--identity', IDENTITY, '--psk', PSK],
    certificate: ['--certificate', files.certificate, '--key', files.key, '--ca', files.ca],
    'raw-key': ['--key', files.key, '--public-key', files.publicKey, '--peer-key', files.peerKey],
  }[mode.credential];
  return [
    ...['--port', `${port}`, '--suite', mode.suite, ...identity],
    ...(mode.suite.includes('ECDHE') ? ['--groups', GROUPS[mode.feature] ?? 'secp256r1'] : []),
    ...(mtu ? ['--mtu', `${mtu}`] : []),
    ...(mode.feature === 'connection-ids' ? ['--cid', '4'] : []),
    ...(mode.feature === 'server-connection-id' ? ['--cid', role === 'server' ? '6' : '0'] : []),
  ];
}

/** Scandium alone, the DTLS of Californium and so of Leshan. */
export const californium: Peer = {
  name: 'Californium',
  isHere: leshanAvailable,
  does,
  speaks: 'text',
  lasts: true,
  client: (situation) => {
    const between = moves(situation.mode) ? [MOVE] : resumes(situation.mode) ? ['!resume'] : undefined;
    return [
      {
        command: leshanCommand('Echo', JAVA_FLAGS),
        args: common(situation, 'client'),
        lines: between ? [FIRST, ...between, SECOND] : [FIRST],
      },
    ];
  },
  server: (situation) => ({
    command: leshanCommand('Echo', JAVA_FLAGS),
    args: ['--server', ...common(situation, 'server')],
  }),
};
