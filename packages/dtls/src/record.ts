/** Records of DTLS 1.2 as they stand on the wire (RFC 6347 §4.1, RFC 9146 §4). */
import { Version } from './messages.ts';
import { readUint, writeUint } from './octets.ts';

export const ContentType = {
  CHANGE_CIPHER_SPEC: 20,
  ALERT: 21,
  HANDSHAKE: 22,
  APPLICATION_DATA: 23,
  /** With a Connection ID in the header, and the true type inside (RFC 9146 §4). */
  TLS12_CID: 25,
} as const;

/** type (1), version (2), epoch (2), sequence number (6), length (2); a Connection ID comes before the length. */
export const RECORD_HEADER_LENGTH = 13;

/** Largest sequence number of an epoch; a session ends before it would wrap (RFC 6347 §4.1). */
export const MAX_SEQUENCE = 2 ** 48 - 1;

/** Largest plaintext of one record, in octets (RFC 5246 §6.2.1). */
export const MAX_PLAINTEXT = 2 ** 14;

/** A record where it lies in its datagram. */
export class DtlsRecord {
  readonly type: number;
  readonly epoch: number;
  /** Sequence number within the epoch. */
  readonly sequence: number;
  /** The receiver's; nothing when the record is not of type `TLS12_CID`. */
  readonly connectionId: Uint8Array | undefined;
  /** The whole record, header included: the header is authenticated too. */
  readonly bytes: Uint8Array;
  /** Octets of the header. */
  readonly headerLength: number;

  constructor(bytes: Uint8Array, headerLength: number) {
    this.type = readUint(bytes, 0, 1);
    this.epoch = readUint(bytes, 3, 2);
    this.sequence = readUint(bytes, 5, 6);
    const named = headerLength > RECORD_HEADER_LENGTH;
    this.connectionId = named ? bytes.subarray(RECORD_HEADER_LENGTH - 2, headerLength - 2) : undefined;
    this.bytes = bytes;
    this.headerLength = headerLength;
  }

  /** What follows the header: plaintext in epoch 0, otherwise protected. */
  get fragment(): Uint8Array {
    return this.bytes.subarray(this.headerLength);
  }
}

/**
 * The record that begins at `offset`, or nothing when what stands there is no record of any `FE xx` version.
 * The minor version is left to the handshake: initial ClientHellos carry all of them (RFC 6347 §4.2.1).
 *
 * @param connectionIdLength octets of the Connection IDs that the receiver gives out; records do not tell
 */
export function readRecord(datagram: Uint8Array, offset: number, connectionIdLength = 0): DtlsRecord | undefined {
  const named = datagram[offset] === ContentType.TLS12_CID;
  if (named && connectionIdLength === 0) return undefined;
  const header = RECORD_HEADER_LENGTH + (named ? connectionIdLength : 0);
  if (datagram.length - offset < header || datagram[offset + 1] !== 0xfe) return undefined;
  const end = offset + header + readUint(datagram, offset + header - 2, 2);
  if (end > datagram.length) return undefined;
  // Most datagrams are one record, and a view costs more than all of its header.
  const whole = offset === 0 && end === datagram.length;
  return new DtlsRecord(whole ? datagram : datagram.subarray(offset, end), header);
}

/** Writes a record header at the start of `target`. */
export function writeRecordHeader(
  target: Uint8Array,
  type: number,
  epoch: number,
  sequence: number,
  length: number,
  version: number = Version.DTLS_1_2,
): void {
  target[0] = type;
  writeUint(target, 1, 2, version);
  writeUint(target, 3, 2, epoch);
  writeUint(target, 5, 6, sequence);
  writeUint(target, 11, 2, length);
}

/** A record of epoch 0. */
export function plaintextRecord(type: number, sequence: number, fragment: Uint8Array, version?: number): Uint8Array {
  const record = Buffer.allocUnsafe(RECORD_HEADER_LENGTH + fragment.length);
  writeRecordHeader(record, type, 0, sequence, fragment.length, version);
  record.set(fragment, RECORD_HEADER_LENGTH);
  return record;
}
