/** What of a record is authenticated beside its content. */
import { ContentType, RECORD_HEADER_LENGTH } from './record.ts';

/** Octets that stand where another record has its sequence number (RFC 9146 §5). */
const PLACEHOLDER_LENGTH = 8;
const MAX_CONNECTION_ID_LENGTH = 255;
/** Octets of the longest. */
export const LONGEST_ASSOCIATED_DATA = PLACEHOLDER_LENGTH + 2 + RECORD_HEADER_LENGTH + MAX_CONNECTION_ID_LENGTH;

// node:crypto copies what it is given at once, so one scratch serves all records.
const plain = Buffer.alloc(RECORD_HEADER_LENGTH);
const identified = Buffer.alloc(LONGEST_ASSOCIATED_DATA);
identified.fill(0xff, 0, PLACEHOLDER_LENGTH);

/**
 * The associated data of an AEAD, which is also what comes first in the input of a MAC; good until the next call.
 * Epoch and sequence number, type, version, length (RFC 5246 §6.2.3.3 and §6.2.3.1), or with a Connection ID a
 * placeholder, type, length of the Connection ID, the header, length (RFC 9146 §5.1 to §5.3).
 *
 * @param length what the length field holds: octets of the plaintext or, if that is encrypted first, of the ciphertext
 */
export function associatedData(record: Uint8Array, headerLength: number, length: number): Uint8Array {
  if (record[0] !== ContentType.TLS12_CID) {
    for (let i = 0; i < 8; i++) plain[i] = record[3 + i] ?? 0;
    for (let i = 0; i < 3; i++) plain[8 + i] = record[i] ?? 0;
    plain.writeUInt16BE(length, 11);
    return plain;
  }
  const headerAt = PLACEHOLDER_LENGTH + 2;
  identified[PLACEHOLDER_LENGTH] = ContentType.TLS12_CID;
  identified[PLACEHOLDER_LENGTH + 1] = headerLength - RECORD_HEADER_LENGTH;
  for (let i = 0; i < headerLength - 2; i++) identified[headerAt + i] = record[i] ?? 0;
  identified.writeUInt16BE(length, headerAt + headerLength - 2);
  return identified.subarray(0, headerAt + headerLength);
}
