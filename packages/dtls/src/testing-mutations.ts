/** Test kit: datagrams and messages that are wrong in one place and right in all others. */
import { HANDSHAKE_HEADER_LENGTH, readFragments, type WholeMessage, writeFragment } from './fragments.ts';
import { decodeBody, encodeBody, type HandshakeBodies, type HandshakeKind, handshakeKind } from './messages.ts';
import { ContentType, type DtlsRecord, plaintextRecord, RECORD_HEADER_LENGTH, readRecord } from './record.ts';

/** Floats in [0, 1). */
export type Random = () => number;

/** A whole number from 0 to below `n`. */
export const below = (random: Random, n: number): number => Math.floor(random() * n);

function oneOf<T extends readonly [unknown, ...unknown[]]>(random: Random, items: T): T[number] {
  return items[below(random, items.length)] ?? items[0];
}

/** Numbers that sit at the edges of fields. */
const EDGES = [0, 1, 2, 255, 256, 65_535] as const;

function mutateBytes(bytes: Uint8Array, random: Random): Uint8Array {
  const copy = Buffer.from(bytes);
  const at = below(random, copy.length + 1);
  switch (below(random, 6)) {
    case 0:
      return copy.subarray(0, at);
    case 1:
      return Buffer.concat([copy, Buffer.alloc(1 + below(random, 40), below(random, 256))]);
    case 2:
      return Buffer.alloc(0);
    case 3:
      return Buffer.concat([copy.subarray(at), copy.subarray(0, at)]);
    case 4:
      return Buffer.alloc(copy.length, below(random, 256));
    default:
      if (copy.length > 0) copy[at % copy.length] = below(random, 256);
      return copy;
  }
}

function mutateList<T>(items: readonly T[], random: Random, mutateItem: (item: T) => T): T[] {
  const copy = [...items];
  const at = below(random, copy.length);
  const item = copy[at];
  if (item === undefined) return copy;
  switch (below(random, 5)) {
    case 0:
      copy.splice(at, 1);
      break;
    case 1:
      copy.splice(below(random, copy.length + 1), 0, item);
      break;
    case 2:
      copy.reverse();
      break;
    case 3:
      copy.splice(at, 1, mutateItem(item), mutateItem(item));
      break;
    default:
      copy[at] = mutateItem(item);
  }
  return copy;
}

/** Another value of the same shape: a field of a struct, an item of a list, some octets, a number. */
function mutateValue(value: unknown, random: Random): unknown {
  if (value instanceof Uint8Array) return mutateBytes(value, random);
  if (typeof value === 'number') return random() < 0.5 ? oneOf(random, EDGES) : below(random, value * 2 + 2);
  if (Array.isArray(value)) return mutateList(value, random, (item: unknown) => mutateValue(item, random));
  if (typeof value === 'object' && value !== null) {
    const fields = Object.entries(value);
    const [name, field] = fields[below(random, fields.length)] ?? [];
    return name === undefined ? value : { ...value, [name]: mutateValue(field, random) };
  }
  return value;
}

/** The body of a message with one thing changed in it; lengths fit again, as far as the field has room. */
export function mutateBody<K extends HandshakeKind>(kind: K, body: HandshakeBodies[K], random: Random): Uint8Array {
  for (let tries = 0; tries < 8; tries++) {
    try {
      return encodeBody(kind, mutateValue(body, random) as HandshakeBodies[K]);
    } catch {
      // A number or length that its field can't hold: there are other places.
    }
  }
  return encodeBody(kind, body);
}

/** A whole message with one thing changed: within its structure, or its type, number or octets. */
function mutateMessage(message: WholeMessage, random: Random): WholeMessage {
  const kind = handshakeKind(message.type);
  if (kind !== 'unknown-handshake' && random() < 0.7) {
    const decoded = decodeBody(kind, message.body);
    if (decoded.ok) return { ...message, body: mutateBody(kind, decoded.message.body, random) };
  }
  switch (below(random, 3)) {
    case 0:
      return { ...message, type: below(random, 25) };
    case 1:
      return { ...message, messageSequence: below(random, 8) };
    default:
      return { ...message, body: mutateBytes(message.body, random) };
  }
}

/** Cuts a message anew: fragments of any size, in any order, overlapping, some twice. */
function fragmentAnew(message: WholeMessage, random: Random): Uint8Array[] {
  const { length } = message.body;
  const pieces: Uint8Array[] = [];
  for (let offset = 0; offset < length || pieces.length === 0; ) {
    const size = Math.min(length - offset, 1 + below(random, Math.max(1, length)));
    const back = Math.min(offset, below(random, 4));
    pieces.push(writeFragment(message, offset - back, size + back));
    offset += Math.max(1, size);
  }
  if (random() < 0.3) pieces.reverse();
  if (random() < 0.2 && pieces[0]) pieces.push(pieces[0]);
  return pieces;
}

/** A fragment's header with one field changed. */
function breakFragment(fragment: Uint8Array, random: Random): Uint8Array {
  const copy = Buffer.from(fragment);
  const [at, width] = oneOf(random, [
    [0, 1],
    [1, 3],
    [4, 2],
    [6, 3],
    [9, 3],
  ] as const);
  copy.writeUIntBE(random() < 0.5 ? below(random, 40) : 256 ** width - 1, at, width);
  return copy;
}

/** The records of a datagram. */
function recordsOf(datagram: Uint8Array): DtlsRecord[] {
  const records: DtlsRecord[] = [];
  for (let offset = 0; offset < datagram.length; ) {
    const record = readRecord(datagram, offset);
    if (record === undefined) break;
    records.push(record);
    offset += record.bytes.length;
  }
  return records;
}

/** A record with its handshake messages changed, cut anew or broken; what is protected keeps its content. */
function mutateHandshakeRecord(record: DtlsRecord, random: Random): Uint8Array[] {
  const fragments = readFragments(record.fragment) ?? [];
  let sequence = record.sequence;
  return fragments.flatMap((fragment) => {
    const whole = fragment.bytes.length === fragment.length;
    const message = { type: fragment.type, messageSequence: fragment.messageSequence, body: fragment.bytes };
    const asItWas = writeFragment(message, 0, fragment.bytes.length);
    const pieces =
      whole && random() < 0.5
        ? fragmentAnew(random() < 0.5 ? mutateMessage(message, random) : message, random)
        : [random() < 0.5 ? breakFragment(asItWas, random) : asItWas];
    return pieces.map((piece) => plaintextRecord(ContentType.HANDSHAKE, sequence++, piece));
  });
}

/** A record with its header changed. */
function mutateRecordHeader(record: DtlsRecord, random: Random): Uint8Array {
  const copy = Buffer.from(record.bytes);
  switch (below(random, 5)) {
    case 0:
      copy[0] = 19 + below(random, 8);
      break;
    case 1:
      copy.writeUInt16BE(below(random, 3), 3);
      break;
    case 2:
      copy.writeUIntBE(random() < 0.5 ? below(random, 9) : 2 ** 48 - 1, 5, 6);
      break;
    case 3:
      copy.writeUInt16BE(below(random, copy.length), 11);
      break;
    default:
      if (copy.length > RECORD_HEADER_LENGTH) {
        copy[RECORD_HEADER_LENGTH + below(random, copy.length - RECORD_HEADER_LENGTH)] = below(random, 256);
      }
  }
  return copy;
}

/** What somebody on the way makes of a datagram: other records, messages or fragments, in one datagram or several. */
export function mutateDatagram(datagram: Uint8Array, random: Random): Uint8Array[] {
  const records = recordsOf(datagram).flatMap((record) => {
    if (random() < 0.4) return [record.bytes];
    const plain = record.epoch === 0 && record.type === ContentType.HANDSHAKE;
    if (plain && record.fragment.length >= HANDSHAKE_HEADER_LENGTH && random() < 0.7) {
      return mutateHandshakeRecord(record, random);
    }
    return random() < 0.8 ? [mutateRecordHeader(record, random)] : [];
  });
  if (random() < 0.2) records.reverse();
  return random() < 0.5 ? records : [Buffer.concat(records)];
}
