/** Values as the bytes of a TLV element (OMA Core Appendix C): big-endian, their types known only from the definition. */

import { type Int, int, type ResourceType, type Value } from '../value.ts';
import { decodeUtf8, encodeUtf8, fail } from './content.ts';

/** Reads a value; without a definition the bytes themselves. Ends the parse where they don't fit the type. */
export function valueOfBytes(bytes: Uint8Array, type: ResourceType | undefined, at: string): Value {
  const wrongLength = (expected: string): never =>
    fail('value', `${at}: ${type} of ${bytes.length} bytes, ${expected} expected`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  switch (type) {
    case 'string':
    case 'corelnk':
      return { type, value: decodeUtf8(bytes, 0) };
    case 'integer':
      return { type, value: signed(view) ?? wrongLength('1, 2, 4 or 8') };
    case 'unsigned':
      return { type, value: unsigned(view) ?? wrongLength('1, 2, 4 or 8') };
    case 'time': {
      const value = signed(view) ?? wrongLength('1, 2, 4 or 8');
      return typeof value === 'number' ? { type, value } : fail('value', `${at}: time ${value} s is out of range`);
    }
    case 'float': {
      const value =
        bytes.length === 4 ? view.getFloat32(0) : bytes.length === 8 ? view.getFloat64(0) : wrongLength('4 or 8');
      return Number.isFinite(value) ? { type, value } : fail('value', `${at}: ${value} is not a finite number`);
    }
    case 'boolean': {
      const [byte] = bytes;
      if (bytes.length !== 1) return wrongLength('1');
      return byte === 0 || byte === 1 ? { type, value: byte === 1 } : fail('value', `${at}: boolean ${byte}`);
    }
    case 'objlnk':
      if (bytes.length !== 4) return wrongLength('4');
      return { type, value: { objectId: view.getUint16(0), instanceId: view.getUint16(2) } };
    default:
      // A copy: the payload is the caller's, and mostly not worth keeping for it.
      return { type: 'opaque', value: new Uint8Array(bytes) };
  }
}

function signed(view: DataView): Int | undefined {
  switch (view.byteLength) {
    case 1:
      return view.getInt8(0);
    case 2:
      return view.getInt16(0);
    case 4:
      return view.getInt32(0);
    case 8:
      return int(view.getBigInt64(0));
    default:
      return undefined;
  }
}

function unsigned(view: DataView): Int | undefined {
  switch (view.byteLength) {
    case 1:
      return view.getUint8(0);
    case 2:
      return view.getUint16(0);
    case 4:
      return view.getUint32(0);
    case 8:
      return int(view.getBigUint64(0));
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
