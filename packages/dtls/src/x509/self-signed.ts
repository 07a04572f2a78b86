import { createHash, type KeyObject, sign } from 'node:crypto';
import {
  bitString,
  explicit,
  extension,
  integer,
  namedBits,
  octetString,
  oid,
  sequence,
  set,
  time,
  utf8String,
} from './der-writer.ts';

/** ecdsa-with-SHA256 (RFC 5758 §3.2). */
const ECDSA_SHA256 = sequence(oid('1.2.840.10045.4.3.2'));
const COMMON_NAME = '2.5.4.3';
const BASIC_CONSTRAINTS = '2.5.29.19';
const KEY_USAGE = '2.5.29.15';
const SUBJECT_KEY_ID = '2.5.29.14';
const DIGITAL_SIGNATURE = 0;
/** "No well-defined expiration date" (RFC 5280 §4.1.2.5). */
const NEVER = Date.UTC(9999, 11, 31, 23, 59, 59);

/**
 * A certificate of a key that vouches for itself: for peers who know it octet by octet.
 *
 * @param keys on P-256
 * @param notBefore milliseconds since the epoch; it has no end
 * @returns DER
 */
export function selfSigned(
  commonName: string,
  keys: { readonly publicKey: KeyObject; readonly privateKey: KeyObject },
  notBefore: number,
): Uint8Array {
  const publicKey = keys.publicKey.export({ type: 'spki', format: 'der' });
  const digest = createHash('sha256').update(publicKey).digest();
  const name = sequence(set(sequence(oid(COMMON_NAME), utf8String(commonName))));
  const signed = sequence(
    explicit(0, integer(2)),
    integer(digest.subarray(0, 16)),
    ECDSA_SHA256,
    name,
    sequence(time(notBefore), time(NEVER)),
    name,
    publicKey,
    explicit(
      3,
      sequence(
        extension(BASIC_CONSTRAINTS, sequence(), true),
        extension(KEY_USAGE, namedBits([DIGITAL_SIGNATURE]), true),
        extension(SUBJECT_KEY_ID, octetString(digest.subarray(0, 20))),
      ),
    ),
  );
  return sequence(signed, ECDSA_SHA256, bitString(sign('sha256', signed, keys.privateKey)));
}
