/** The formats of a single resource or resource instance: plain text, opaque and CBOR (OMA Core §7.5.1 … §7.5.3). */

import { fromBase64, toBase64 } from '../base64.ts';
import { plainDecimal } from '../decimal.ts';
import { formatObjectLink, parseObjectLink, type ResourceType, type Value, valueFromJson } from '../value.ts';
import { decodeCbor, encodeCbor, Tag } from './cbor.ts';
import { decodeUtf8, encodeUtf8, fail, refuse } from './content.ts';
import { itemOfValue, typed, valueOfItem } from './item-value.ts';

/** How one value is all of a payload. */
interface SingleFormat {
  readonly decode: (bytes: Uint8Array, type: ResourceType | undefined, at: string) => Value;
  readonly encode: (value: Value) => Uint8Array;
}

export const cbor: SingleFormat = {
  decode: (bytes, type, at) => typed(valueOfItem(decodeCbor(bytes), at), type, at),
  encode: (value) => {
    const item = itemOfValue(value);
    // The tag lets a reader without a definition tell a time from a number.
    return encodeCbor(value.type === 'time' ? { kind: 'tag', tag: Tag.epoch, item } : item);
  },
};

export const opaque: SingleFormat = {
  decode: (bytes) => ({ type: 'opaque', value: new Uint8Array(bytes) }),
  encode: (value) => (value.type === 'opaque' ? value.value : refuse(`a ${value.type} as octet stream`)),
};

export const text: SingleFormat = {
  decode: (bytes, type, at) => {
    const read = decodeUtf8(bytes, 0);
    return valueOfText(read, type ?? 'string') ?? fail('value', `${at}: the text is no ${type}`);
  },
  encode: (value) => encodeUtf8(textOfValue(value)),
};

const DECIMAL = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d{1,4})?$/;

function valueOfText(read: string, type: ResourceType): Value | undefined {
  switch (type) {
    case 'integer':
    case 'unsigned':
    case 'time':
      // Some devices print whole numbers as floats.
      return valueFromJson(type, read.replace(/\.0{1,16}$/, ''));
    case 'float':
      return read.length <= 400 && DECIMAL.test(read) ? valueFromJson(type, Number(read)) : undefined;
    case 'boolean':
      return read === '0' || read === '1' ? { type, value: read === '1' } : undefined;
    case 'opaque': {
      const bytes = fromBase64(read);
      return bytes && { type, value: bytes };
    }
    case 'objlnk': {
      const link = parseObjectLink(read);
      return link && { type, value: link };
    }
    case 'none':
      return undefined;
    default:
      return { type, value: read };
  }
}

function textOfValue(value: Value): string {
  switch (value.type) {
    case 'float':
      return plainDecimal(value.value);
    case 'boolean':
      return value.value ? '1' : '0';
    case 'opaque':
      return toBase64(value.value);
    case 'objlnk':
      return formatObjectLink(value.value);
    case 'none':
      return refuse('an empty node has no value to write');
    default:
      return String(value.value);
  }
}
