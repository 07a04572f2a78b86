/** Protected records in both forms: that of RFC 6347 §4.1.2 and, with a Connection ID, that of RFC 9146 §4 and §5. */
import { AEAD } from './aead.ts';
import { CBC } from './cbc.ts';
import { ContentType, type DtlsRecord, MAX_PLAINTEXT, RECORD_HEADER_LENGTH, writeRecordHeader } from './record.ts';
import type { RecordKeys } from './record-keys.ts';
import type { RecordCipher } from './suites.ts';

/** One way of protecting the plaintext of a record. */
export interface Protection {
  /** Octets of a fragment before the place of the plaintext. */
  readonly prefixLength: number;
  /** Octets of the fragment that so much plaintext makes. */
  fragmentLength(keys: RecordKeys, plaintextLength: number): number;
  /** Protects the plaintext that stands in its place in `record`; all octets of the fragment are written. */
  seal(keys: RecordKeys, record: Buffer, headerLength: number, plaintextLength: number): void;
  /** The plaintext of a record, or nothing when it is not authentic. */
  open(keys: RecordKeys, record: Uint8Array, headerLength: number): Uint8Array | undefined;
}

/** What a record held. */
export interface Opened {
  /** The content type; of a record with a Connection ID the one that it hid. */
  readonly type: number;
  readonly content: Uint8Array;
}

const PROTECTIONS: Record<RecordCipher['kind'], Protection> = { aead: AEAD, cbc: CBC };

const NO_CONNECTION_ID = new Uint8Array(0);

/** The most octets that protection adds to a plaintext, record header included. */
export function protectionOverhead(keys: RecordKeys, connectionIdLength = 0): number {
  const longest = PROTECTIONS[keys.suite.cipher.kind].fragmentLength(keys, 0);
  const hiddenType = connectionIdLength > 0 ? 1 : 0;
  return RECORD_HEADER_LENGTH + connectionIdLength + longest + hiddenType;
}

/**
 * A protected record. The caller never uses a sequence number twice.
 *
 * @param connectionId the peer's; if it is empty the record has the form of RFC 6347 (RFC 9146 §3)
 */
export function sealRecord(
  keys: RecordKeys,
  type: number,
  epoch: number,
  sequence: number,
  content: Uint8Array,
  connectionId: Uint8Array = NO_CONNECTION_ID,
): Uint8Array {
  const protection = PROTECTIONS[keys.suite.cipher.kind];
  const hidden = connectionId.length > 0;
  const headerLength = RECORD_HEADER_LENGTH + connectionId.length;
  const plaintextLength = content.length + (hidden ? 1 : 0);
  const fragmentLength = protection.fragmentLength(keys, plaintextLength);
  const record = Buffer.allocUnsafe(headerLength + fragmentLength);
  writeRecordHeader(record, hidden ? ContentType.TLS12_CID : type, epoch, sequence, fragmentLength);
  const start = headerLength + protection.prefixLength;
  record.set(content, start);
  if (hidden) {
    record.set(connectionId, RECORD_HEADER_LENGTH - 2);
    record.writeUInt16BE(fragmentLength, headerLength - 2);
    record[start + content.length] = type;
  }
  protection.seal(keys, record, headerLength, plaintextLength);
  return record;
}

/** What a protected record held, or nothing when it is not authentic or not well formed. */
export function openRecord(keys: RecordKeys, record: DtlsRecord): Opened | undefined {
  const plaintext = PROTECTIONS[keys.suite.cipher.kind].open(keys, record.bytes, record.headerLength);
  if (plaintext === undefined || plaintext.length > MAX_PLAINTEXT) return undefined;
  return record.type === ContentType.TLS12_CID ? unhide(plaintext) : { type: record.type, content: plaintext };
}

/** Content, its type, and zeros for padding (RFC 9146 §4). */
function unhide(plaintext: Uint8Array): Opened | undefined {
  let last = plaintext.length - 1;
  while (last >= 0 && plaintext[last] === 0) last--;
  const type = plaintext[last];
  return type === undefined ? undefined : { type, content: plaintext.subarray(0, last) };
}
