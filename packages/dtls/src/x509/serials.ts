/** The revoked serial numbers of one list, in little memory: a million of 16 octets take 23 MB. */

/** Why and when (RFC 5280 §5.3). */
export interface Revoked {
  /** Milliseconds since the epoch. */
  readonly date: number;
  /** CRLReason; 0 is unspecified. */
  readonly reason: number;
}

/** Octets after a serial number: seconds since the epoch (signed, so that 1950 fits too) and the reason. */
const DATE_BYTES = 6;
const TAIL_BYTES = DATE_BYTES + 1;
/** As many octets as a number holds exactly. */
const PREFIX_BYTES = 6;

/** Records of serial numbers of one length, one after the other. */
class Column {
  readonly #length: number;
  #records: Buffer;
  #count = 0;

  constructor(length: number) {
    this.#length = length;
    this.#records = Buffer.alloc(64 * (length + TAIL_BYTES));
  }

  add(serial: Uint8Array, { date, reason }: Revoked): void {
    const stride = this.#length + TAIL_BYTES;
    const start = this.#count++ * stride;
    if (start + stride > this.#records.length) this.#records = Buffer.concat([this.#records], this.#records.length * 2);
    this.#records.set(serial, start);
    this.#records.writeIntBE(Math.floor(date / 1000), start + this.#length, DATE_BYTES);
    this.#records[start + stride - 1] = reason;
  }

  /** Puts the records in order, without room to spare. */
  sort(): void {
    const stride = this.#length + TAIL_BYTES;
    const records = this.#records;
    // Most pairs differ in their first octets, and comparing numbers is far cheaper than comparing octets.
    const width = Math.min(this.#length, PREFIX_BYTES);
    const order = new Uint32Array(this.#count);
    const prefixes = new Float64Array(this.#count);
    for (let i = 0; i < this.#count; i++) {
      order[i] = i;
      prefixes[i] = records.readUIntBE(i * stride, width);
    }
    const compare = (a: number, b: number): number =>
      records.compare(records, b * stride, b * stride + this.#length, a * stride, a * stride + this.#length);
    order.sort((a, b) => (prefixes[a] ?? 0) - (prefixes[b] ?? 0) || compare(a, b));
    const sorted = Buffer.alloc(this.#count * stride);
    for (let i = 0; i < this.#count; i++) {
      const start = (order[i] ?? 0) * stride;
      records.copy(sorted, i * stride, start, start + stride);
    }
    this.#records = sorted;
  }

  find(serial: Uint8Array): Revoked | undefined {
    const stride = this.#length + TAIL_BYTES;
    const records = this.#records;
    let low = 0;
    let high = this.#count - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const start = middle * stride;
      const order = records.compare(serial, 0, serial.length, start, start + this.#length);
      if (order === 0) {
        const date = records.readIntBE(start + this.#length, DATE_BYTES) * 1000;
        return { date, reason: records[start + stride - 1] ?? 0 };
      }
      if (order < 0) low = middle + 1;
      else high = middle - 1;
    }
    return undefined;
  }
}

/** Filled once by `add`, then closed by `sort`, then asked. */
export class RevokedSerials {
  readonly #columns = new Map<number, Column>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(serial: Uint8Array, revoked: Revoked): void {
    const column = this.#columns.get(serial.length) ?? new Column(serial.length);
    this.#columns.set(serial.length, column);
    column.add(serial, revoked);
    this.#size++;
  }

  sort(): void {
    for (const column of this.#columns.values()) column.sort();
  }

  find(serial: Uint8Array): Revoked | undefined {
    return this.#columns.get(serial.length)?.find(serial);
  }
}
