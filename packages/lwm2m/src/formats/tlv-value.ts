/** Values as the bytes of a TLV element (OMA Core Appendix C): big-endian, their types known only from the definition. */

import { type Int, int, type ResourceType, type Value } from '../value.ts';
import { decodeUtf8, encodeUtf8, fail } from './content.ts';

/** Reads a value; without a definition the bytes themselves. Ends the parse where they don't fit the type. */
export function valueOfBytes(bytes: Uint8Array, type: ResourceType | undefined, at: string): Value {
  switch (type) {
    case 'string':
    case 'corelnk':
      return { type, value: decodeUtf8(bytes, 0) };
    case 'integer':
      return { type, value: signed(bytes) ?? wrongLength(bytes, type, at, '1, 2, 4 or 8') };
    case 'unsigned':
      return { type, value: unsigned(bytes) ?? wrongLength(bytes, type, at, '1, 2, 4 or 8') };
    case 'time': {
      const value = signed(bytes) ?? wrongLength(bytes, type, at, '1, 2, 4 or 8');
      return typeof value === 'number' ? { type, value } : fail('value', `${at}: time ${value} s is out of range`);
    }
    case 'float': {
      const value =
        bytes.length === 4
          ? viewOf(bytes).getFloat32(0)
          : bytes.length === 8
            ? viewOf(bytes).getFloat64(0)
            : wrongLength(bytes, type, at, '4 or 8');
      return Number.isFinite(value) ? { type, value } : fail('value', `${at}: ${value} is not a finite number`);
    }
    case 'boolean': {
      const [byte] = bytes;
      if (bytes.length !== 1) return wrongLength(bytes, type, at, '1');
      return byte === 0 || byte === 1 ? { type, value: byte === 1 } : fail('value', `${at}: boolean ${byte}`);
    }
    case 'objlnk': {
      if (bytes.length !== 4) return wrongLength(bytes, type, at, '4');
      const link = viewOf(bytes);
      return { type, value: { objectId: link.getUint16(0), instanceId: link.getUint16(2) } };
    }
    default:
      // A copy: the payload is the caller's, and mostly not worth keeping for it.
      return { type: 'opaque', value: new Uint8Array(bytes) };
  }
}

function wrongLength({ length }: Uint8Array, type: ResourceType, at: string, expected: string): never {
  return fail('value', `${at}: ${type} of ${length} bytes, ${expected} expected`);
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

function signed(bytes: Uint8Array): Int | undefined {
  switch (bytes.length) {
    case 1:
      // A view costs more than the number.
      return ((bytes[0] ?? 0) << 24) >> 24;
    case 2:
      return viewOf(bytes).getInt16(0);
    case 4:
      return viewOf(bytes).getInt32(0);
    case 8:
      return int(viewOf(bytes).getBigInt64(0));
    default:
      return undefined;
  }
}

function unsigned(bytes: Uint8Array): Int | undefined {
  switch (bytes.length) {
    case 1:
      return bytes[0];
    case 2:
      return viewOf(bytes).getUint16(0);
    case 4:
      return viewOf(bytes).getUint32(0);
    case 8:
      return int(viewOf(bytes).getBigUint64(0));
    default:
      return undefined;
  }
}

/** Writes a value in the fewest bytes; floats in 4 where those are exact, else in 8. */
export function bytesOfValue(value: Value): Uint8Array {
  switch (value.type) {
    case 'string':
    case 'corelnk':
      return encodeUtf8(value.value);
    case 'integer':
    case 'time':
      return wholeNumber(value.value, BigInt.asIntN);
    case 'unsigned':
      return wholeNumber(value.value, BigInt.asUintN);
    case 'float': {
      const single = Object.is(Math.fround(value.value), value.value);
      const view = new DataView(new ArrayBuffer(single ? 4 : 8));
      if (single) view.setFloat32(0, value.value);
      else view.setFloat64(0, value.value);
      return new Uint8Array(view.buffer);
    }
    case 'boolean':
      return Uint8Array.of(value.value ? 1 : 0);
    case 'opaque':
      return value.value;
    case 'objlnk': {
      const { objectId, instanceId } = value.value;
      return Uint8Array.of(objectId >> 8, objectId & 0xff, instanceId >> 8, instanceId & 0xff);
    }
    default:
      return new Uint8Array(0);
  }
}

/** The shortest of 1, 2, 4 and 8 bytes from which `fit` gives the number back. */
function wholeNumber(value: Int, fit: (bits: number, value: bigint) => bigint): Uint8Array {
  const wide = BigInt(value);
  const width = [1, 2, 4].find((bytes) => fit(bytes * 8, wide) === wide) ?? 8;
  const all = new DataView(new ArrayBuffer(8));
  all.setBigInt64(0, BigInt.asIntN(64, wide));
  return new Uint8Array(all.buffer, 8 - width).slice();
}
