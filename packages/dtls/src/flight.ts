/** Flights: the messages that one side sends together, packed into datagrams (RFC 6347 §4.2.3 and §4.2.4). */
import { HANDSHAKE_HEADER_LENGTH, type WholeMessage, writeFragment } from './fragments.ts';
import { ContentType } from './record.ts';

/** What a flight consists of: handshake messages of epoch 0 or 1, and ChangeCipherSpec. */
export type FlightItem =
  | { readonly kind: 'handshake'; readonly epoch: 0 | 1; readonly message: WholeMessage; readonly whole?: boolean }
  | { readonly kind: 'change-cipher-spec' };

/** Makes records with fresh sequence numbers. */
export interface Sealer {
  /** Octets of plaintext that a record may hold. */
  readonly sendBytes: number;
  /** Octets that a record of this epoch has beside its plaintext. */
  overhead(epoch: 0 | 1): number;
  seal(epoch: 0 | 1, type: number, plaintext: Uint8Array): Uint8Array;
}

/** A fragment is not worth its headers below this many octets of body, if the next datagram has more room. */
const SMALLEST_FRAGMENT = 16;

const CHANGE_CIPHER_SPEC = Uint8Array.of(1);

/**
 * Packs a flight into datagrams of at most `mtu` octets. Every call makes new records: a retransmission
 * differs in its sequence numbers only. An item marked `whole` is never cut, even if it is too long.
 */
export function packFlight(items: readonly FlightItem[], mtu: number, sealer: Sealer): Uint8Array[] {
  const datagrams: Uint8Array[] = [];
  let records: Uint8Array[] = [];
  let used = 0;
  const flush = (): void => {
    if (records.length > 0)
      datagrams.push(records.length === 1 && records[0] ? records[0] : Buffer.concat(records, used));
    records = [];
    used = 0;
  };
  const put = (epoch: 0 | 1, type: number, plaintext: Uint8Array): void => {
    if (used > 0 && used + sealer.overhead(epoch) + plaintext.length > mtu) flush();
    const record = sealer.seal(epoch, type, plaintext);
    records.push(record);
    used += record.length;
  };
  for (const item of items) {
    if (item.kind === 'change-cipher-spec') {
      put(0, ContentType.CHANGE_CIPHER_SPEC, CHANGE_CIPHER_SPEC);
      continue;
    }
    const { message, epoch } = item;
    const headers = sealer.overhead(epoch) + HANDSHAKE_HEADER_LENGTH;
    const total = message.body.length;
    let offset = 0;
    do {
      const left = total - offset;
      if (mtu - used - headers < Math.min(left, SMALLEST_FRAGMENT)) flush();
      const fits = Math.min(mtu - used - headers, sealer.sendBytes - HANDSHAKE_HEADER_LENGTH);
      const room = item.whole === true ? left : Math.max(1, fits);
      const length = Math.min(left, room);
      put(epoch, ContentType.HANDSHAKE, writeFragment(message, offset, length));
      offset += length;
    } while (offset < total);
  }
  flush();
  return datagrams;
}
