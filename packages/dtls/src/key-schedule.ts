/** From what both sides agreed on to record keys (RFC 5246 §5, §6.3 and §8.1). */
import { Hmac } from './hmac.ts';
import { VERIFY_DATA_LENGTH } from './messages.ts';
import type { EpochKeys } from './record-keys.ts';
import type { HashName, Suite } from './suites.ts';

export const MASTER_SECRET_LENGTH = 48;

/** The random values of both hellos. */
export interface Randoms {
  readonly client: Uint8Array;
  readonly server: Uint8Array;
}

/**
 * The premaster secret of a pre-shared key: another secret, then the key, both length-prefixed. The other one is what
 * the Diffie-Hellman exchange of ECDHE_PSK gave (RFC 5489 §2), or as many zeros as the key is long (RFC 4279 §2).
 * Without a pre-shared key, what the exchange gave is the premaster secret (RFC 8422 §5.10). The caller wipes it.
 */
export function pskPremasterSecret(psk: Uint8Array, agreed?: Uint8Array): Buffer {
  const otherLength = agreed?.length ?? psk.length;
  const secret = Buffer.alloc(4 + otherLength + psk.length);
  secret.writeUInt16BE(otherLength, 0);
  if (agreed) secret.set(agreed, 2);
  secret.writeUInt16BE(psk.length, 2 + otherLength);
  secret.set(psk, 4 + otherLength);
  return secret;
}

/** What all keys of a session come from; also of those that resume it. */
export class MasterSecret {
  /** 48 octets. */
  readonly bytes: Uint8Array;
  readonly hmac: Hmac;

  /** @param bytes the object's own from here on */
  constructor(hash: HashName, bytes: Uint8Array) {
    this.bytes = bytes;
    this.hmac = new Hmac(hash, bytes);
  }

  /** Overwrites it; the object is of no use after that. */
  wipe(): void {
    this.bytes.fill(0);
    this.hmac.wipe();
  }
}

/**
 * The master secret of a new session (RFC 5246 §8.1, RFC 7627 §4).
 *
 * @param sessionHash hash of the transcript up to the ClientKeyExchange if the extended master secret was negotiated
 */
export function masterSecret(
  hash: HashName,
  premaster: Uint8Array,
  randoms: Randoms,
  sessionHash: Uint8Array | undefined,
): MasterSecret {
  const secret = new Hmac(hash, premaster);
  const bytes =
    sessionHash === undefined
      ? secret.expand('master secret', randoms.client, MASTER_SECRET_LENGTH, randoms.server)
      : secret.expand('extended master secret', sessionHash, MASTER_SECRET_LENGTH);
  secret.wipe();
  return new MasterSecret(hash, bytes);
}

/** The record keys of epoch 1, seen from one side (RFC 5246 §6.3). */
export function epochKeys(
  suite: Suite,
  role: 'client' | 'server',
  master: MasterSecret,
  randoms: Randoms,
  encryptThenMac: boolean,
): EpochKeys {
  const { macKeyLength, keyLength, fixedIvLength } = suite.cipher;
  const length = 2 * (macKeyLength + keyLength + fixedIvLength);
  const material = master.hmac.expand('key expansion', randoms.server, length, randoms.client);
  if (role === 'server') {
    swapHalves(material.subarray(0, 2 * macKeyLength));
    swapHalves(material.subarray(2 * macKeyLength, 2 * (macKeyLength + keyLength)));
    swapHalves(material.subarray(2 * (macKeyLength + keyLength)));
  }
  return { suite, encryptThenMac, material: Uint8Array.from(material) };
}

/** The client's part comes first in a key block, and our own in a session's material. */
function swapHalves(pair: Buffer): void {
  const half = pair.length / 2;
  const first = Uint8Array.from(pair.subarray(0, half));
  pair.copyWithin(0, half);
  pair.set(first, half);
}

/** What a Finished message carries (RFC 5246 §7.4.9). */
export function verifyData(master: MasterSecret, sender: 'client' | 'server', transcriptHash: Uint8Array): Buffer {
  return master.hmac.expand(`${sender} finished`, transcriptHash, VERIFY_DATA_LENGTH);
}
