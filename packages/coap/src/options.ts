import { decodeText, encodeText } from './text.ts';

/**
 * One option of a message: its number and its value as bytes. A decoded value is a view of the datagram, or what messages
 * have in common; nobody writes to it.
 */
export interface CoapOption {
  readonly number: number;
  readonly value: Uint8Array;
}

/** How the bytes of an option are read (RFC 7252 §3.2). */
export type OptionFormat = 'uint' | 'string' | 'opaque' | 'empty';

/** What is known about an option. */
export interface OptionDefinition {
  readonly number: number;
  readonly format: OptionFormat;
  /** Shortest and longest legal value, in bytes; any other length counts as unrecognised (RFC 7252 §5.4.3). */
  readonly minLength: number;
  readonly maxLength: number;
  /** Whether more than one may stand in a message; the surplus of others is unrecognised (RFC 7252 §5.4.5). */
  readonly repeatable: boolean;
  /** Whether this implementation does what the option asks; a critical option that it does not is refused. */
  readonly understood: boolean;
}

/** Declares an option; `lengths` are the shortest and the longest legal value, in bytes. */
export function defineOption<F extends OptionFormat>(
  number: number,
  format: F,
  [minLength, maxLength]: readonly [number, number],
  { repeatable = false, understood = true } = {},
) {
  return { number, format, minLength, maxLength, repeatable, understood } as const;
}

const define = defineOption;
const REPEATABLE = { repeatable: true };
const FOREIGN = { understood: false };

/**
 * Every option that an LwM2M peer may send (RFC 7252 §5.10, 7641, 7959, 7967, 8613, 8768, 9175, 9177, 9668).
 * Odd numbers are critical.
 */
export const Option = {
  IfMatch: define(1, 'opaque', [0, 8], REPEATABLE),
  UriHost: define(3, 'string', [1, 255]),
  ETag: define(4, 'opaque', [1, 8], REPEATABLE),
  IfNoneMatch: define(5, 'empty', [0, 0]),
  Observe: define(6, 'uint', [0, 3]),
  UriPort: define(7, 'uint', [0, 2]),
  LocationPath: define(8, 'string', [0, 255], REPEATABLE),
  Oscore: define(9, 'opaque', [0, 255], FOREIGN),
  UriPath: define(11, 'string', [0, 255], REPEATABLE),
  ContentFormat: define(12, 'uint', [0, 2]),
  MaxAge: define(14, 'uint', [0, 4]),
  UriQuery: define(15, 'string', [0, 255], REPEATABLE),
  HopLimit: define(16, 'uint', [1, 1]),
  Accept: define(17, 'uint', [0, 2]),
  QBlock1: define(19, 'uint', [0, 3], FOREIGN),
  LocationQuery: define(20, 'string', [0, 255], REPEATABLE),
  Edhoc: define(21, 'empty', [0, 0], FOREIGN),
  Block2: define(23, 'uint', [0, 3]),
  Block1: define(27, 'uint', [0, 3]),
  Size2: define(28, 'uint', [0, 4]),
  QBlock2: define(31, 'uint', [0, 3], { repeatable: true, understood: false }),
  ProxyUri: define(35, 'string', [1, 1034]),
  ProxyScheme: define(39, 'string', [1, 255]),
  Size1: define(60, 'uint', [0, 4]),
  Echo: define(252, 'opaque', [1, 40]),
  NoResponse: define(258, 'uint', [0, 1]),
  RequestTag: define(292, 'opaque', [0, 8], REPEATABLE),
} as const satisfies Record<string, OptionDefinition>;

const BY_NUMBER: (OptionDefinition | undefined)[] = new Array(Option.RequestTag.number + 1).fill(undefined);
for (const definition of Object.values(Option)) BY_NUMBER[definition.number] = definition;

/** The definition of an option number, if this implementation knows it. */
export function optionDefinition(number: number): OptionDefinition | undefined {
  return BY_NUMBER[number];
}

/** Whether a message that carries an unrecognised option of this number must be refused (RFC 7252 §5.4.6). */
export function isCritical(number: number): boolean {
  return (number & 1) === 1;
}

/** What the application calls the value of an option of a format. */
export type OptionValue<F extends OptionFormat> = F extends 'uint'
  ? number
  : F extends 'string'
    ? string
    : F extends 'opaque'
      ? Uint8Array
      : undefined;

const EMPTY = new Uint8Array(0);

/**
 * Makes an option: `option(Option.UriPath, 'rd')`, `option(Option.ContentFormat, 40)`.
 *
 * @throws RangeError when the value's length is not one that the option's definition allows
 */
export function option<D extends OptionDefinition>(definition: D, value: OptionValue<D['format']>): CoapOption {
  const bytes =
    typeof value === 'number'
      ? encodeUint(value)
      : typeof value === 'string'
        ? encodeText(value)
        : value instanceof Uint8Array
          ? value
          : EMPTY;
  if (bytes.length < definition.minLength || bytes.length > definition.maxLength) {
    throw new RangeError(`option ${definition.number} cannot have ${bytes.length} bytes`);
  }
  return { number: definition.number, value: bytes };
}

/** Writes an unsigned integer below 2³² in as few bytes as it needs; zero needs none (RFC 7252 §3.2). */
export function encodeUint(value: number): Uint8Array {
  const length = value === 0 ? 0 : value < 0x100 ? 1 : value < 0x10000 ? 2 : value < 0x1000000 ? 3 : 4;
  const bytes = new Uint8Array(length);
  for (let i = 0, shift = (length - 1) * 8; i < length; i++, shift -= 8) bytes[i] = value >>> shift;
  return bytes;
}

/** Reads an unsigned integer of at most four bytes; leading zeros are tolerated as RFC 7252 §3.2 demands. */
export function decodeUint(bytes: Uint8Array): number {
  let value = 0;
  for (let i = 0; i < bytes.length; i++) value = value * 256 + (bytes[i] ?? 0);
  return value;
}

/** Reads a string option; bytes that are not UTF-8 become U+FFFD. */
export function decodeString(bytes: Uint8Array): string {
  return decodeText(bytes);
}

/**
 * A decoded Block1 or Block2 option (RFC 7959 §2.2). The block size is `2 ** (szx + 4)` bytes; but for exponent 7, which
 * is for connections only, any number of blocks of 1024 bytes at once (BERT, RFC 8323 §6).
 */
export interface BlockValue {
  readonly num: number;
  readonly more: boolean;
  /** Size exponent 0–7. */
  readonly szx: number;
}

/** The size exponent of any number of blocks of 1024 bytes at once, which only goes over connections (RFC 8323 §6). */
export const BERT = 7;

/** Packs a block value into the option's unsigned integer. */
export function encodeBlock({ num, more, szx }: BlockValue): number {
  return num * 16 + (more ? 8 : 0) + szx;
}

/** Unpacks a block option. */
export function decodeBlock(value: number): BlockValue {
  return { num: value >>> 4, more: (value & 8) !== 0, szx: value & 7 };
}
