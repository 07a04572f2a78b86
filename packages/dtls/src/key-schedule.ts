/** From a pre-shared key to record keys (RFC 5246 §5, §6.3 and §8.1; RFC 4279 §2; RFC 7627 §4). */
import { createSecretKey, type KeyObject } from 'node:crypto';
import { HmacSha256, sha256 } from './hmac.ts';
import { VERIFY_DATA_LENGTH } from './messages.ts';
import type { EpochKeys } from './protection.ts';
import type { Suite } from './suites.ts';

const MASTER_SECRET_LENGTH = 48;
/** Implicit part of an AEAD nonce, in octets (RFC 6655 §3, RFC 5288 §3). */
const FIXED_IV_LENGTH = 4;

/** The TLS 1.2 pseudorandom function with SHA-256 (RFC 5246 §5): `length` octets. */
export function prf(secret: HmacSha256, label: string, seed: Uint8Array, length: number): Buffer {
  const labelled = Buffer.concat([Buffer.from(label, 'latin1'), seed]);
  const blocks: Buffer[] = [];
  let a: Buffer = labelled;
  for (let produced = 0; produced < length; produced += 32) {
    a = secret.digest(a);
    blocks.push(secret.digest(a, labelled));
  }
  return Buffer.concat(blocks, length);
}

/** The hash of a transcript, 32 octets. */
export function transcriptHash(messages: readonly Uint8Array[]): Buffer {
  return sha256(Buffer.concat(messages));
}

/** The premaster secret of plain PSK: as many zeros as the key is long, then the key, both length-prefixed (RFC 4279 §2). */
function premasterSecret(psk: KeyObject): HmacSha256 {
  const key = psk.export();
  const secret = Buffer.alloc(4 + 2 * key.length);
  secret.writeUInt16BE(key.length, 0);
  secret.writeUInt16BE(key.length, 2 + key.length);
  secret.set(key, 4 + key.length);
  const premaster = new HmacSha256(secret);
  secret.fill(0);
  key.fill(0);
  return premaster;
}

/**
 * The master secret, ready to be used.
 *
 * @param sessionHash hash of the transcript up to the ClientKeyExchange when the extended master secret was negotiated
 */
export function masterSecret(
  psk: KeyObject,
  randoms: { readonly client: Uint8Array; readonly server: Uint8Array },
  sessionHash: Uint8Array | undefined,
): HmacSha256 {
  const premaster = premasterSecret(psk);
  const secret =
    sessionHash === undefined
      ? prf(premaster, 'master secret', Buffer.concat([randoms.client, randoms.server]), MASTER_SECRET_LENGTH)
      : prf(premaster, 'extended master secret', sessionHash, MASTER_SECRET_LENGTH);
  const master = new HmacSha256(secret);
  premaster.wipe();
  secret.fill(0);
  return master;
}

/** The record keys of epoch 1, seen from one side (RFC 5246 §6.3; an AEAD has no MAC keys). */
export function epochKeys(
  suite: Suite,
  role: 'client' | 'server',
  master: HmacSha256,
  randoms: { readonly client: Uint8Array; readonly server: Uint8Array },
): EpochKeys {
  const { keyLength } = suite;
  const seed = Buffer.concat([randoms.server, randoms.client]);
  const block = prf(master, 'key expansion', seed, 2 * (keyLength + FIXED_IV_LENGTH));
  const ivs = 2 * keyLength;
  const client = {
    key: createSecretKey(block.subarray(0, keyLength)),
    iv: Uint8Array.from(block.subarray(ivs, ivs + FIXED_IV_LENGTH)),
  };
  const server = {
    key: createSecretKey(block.subarray(keyLength, ivs)),
    iv: Uint8Array.from(block.subarray(ivs + FIXED_IV_LENGTH)),
  };
  block.fill(0);
  return role === 'client' ? { suite, write: client, read: server } : { suite, write: server, read: client };
}

/** What a Finished message carries (RFC 5246 §7.4.9). */
export function verifyData(master: HmacSha256, sender: 'client' | 'server', transcript: Uint8Array): Buffer {
  return prf(master, `${sender} finished`, transcript, VERIFY_DATA_LENGTH);
}
