/** Test kit: the raw keys and certificates of the peers in tests, and what each side thinks of the other's. */
import { generateKeyPairSync } from 'node:crypto';
import type { PresentedKey } from './certificates.ts';
import type { PeerFound } from './effects.ts';
import type { ClientIdentity, ServerIdentity } from './options.ts';
import { validatePath } from './x509/path.ts';
import { certificateOf, testPki } from './x509/testing.ts';

const { root, intermediate, server, device } = testPki();
const TRUST = { anchors: [certificateOf(root)] };

/** A raw key that nobody knows. */
export function rawKey(namedCurve = 'P-256') {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve });
  return { privateKey, publicKey: publicKey.export({ type: 'spki', format: 'der' }) };
}

const SERVER_KEY = rawKey();
const CLIENT_KEY = rawKey();
const CLIENT_KEY_384 = rawKey('P-384');
const SERVER_KEY_384 = rawKey('P-384');

/** The server with a raw key and a chain of certificates, each with its own private key. */
export const RAW_SERVER: ServerIdentity = { rawKey: SERVER_KEY.publicKey, privateKey: SERVER_KEY.privateKey };
export const RAW_SERVER_384: ServerIdentity = {
  rawKey: SERVER_KEY_384.publicKey,
  privateKey: SERVER_KEY_384.privateKey,
};
export const CERTIFIED_SERVER: ServerIdentity = { certificates: server.chain, privateKey: server.privateKey };

export const RAW_CLIENT: ClientIdentity = { kind: 'raw-key', ...CLIENT_KEY, serverKey: SERVER_KEY.publicKey };
export const RAW_CLIENT_384: ClientIdentity = {
  kind: 'raw-key',
  ...CLIENT_KEY_384,
  serverKey: SERVER_KEY_384.publicKey,
};
export const CERTIFIED_CLIENT: ClientIdentity = {
  kind: 'certificate',
  chain: device.chain,
  privateKey: device.privateKey,
};
/** The name of the authority that vouches for the devices. */
export const AUTHORITY = certificateOf(intermediate).subject.der;

/** Admits the peers of this kit by their keys and by their root. */
export function admitKnownPeer(presented: PresentedKey, by: 'client' | 'server'): PeerFound {
  if (presented.kind === 'raw-key') {
    const known = [CLIENT_KEY, CLIENT_KEY_384].some(
      ({ publicKey }) => Buffer.compare(publicKey, presented.publicKey) === 0,
    );
    if (known) return { ok: true, credential: 'credential-2' };
    return { ok: false, check: 'unknown-identity', detail: 'the raw key is not known', alert: 'access_denied' };
  }
  const purpose = by === 'server' ? 'client' : 'server';
  const result = validatePath(presented.chain, { ...TRUST, purpose }, 0);
  if (result.ok) return { ok: true, credential: 'credential-3' };
  const { check, detail, alert } = result;
  return { ok: false, check, detail, alert };
}
