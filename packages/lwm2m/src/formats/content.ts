/** What all content formats share: their numbers, the record, and the errors. */

import type { LwM2mPath } from '../path.ts';
import type { ResourceType, Value } from '../value.ts';

/** CoAP Content-Format numbers of LwM2M (OMA Core §7.5); the legacy numbers are read, never written. */
export const ContentFormat = {
  text: 0,
  linkFormat: 40,
  opaque: 42,
  cbor: 60,
  senmlJson: 110,
  senmlCbor: 112,
  senmlEtchJson: 320,
  senmlEtchCbor: 322,
  tlv: 11542,
  json: 11543,
  lwm2mCbor: 11544,
  legacyText: 1541,
  legacyTlv: 1542,
  legacyJson: 1543,
} as const;

/** The value of one node of the data model, as one payload said it. */
export interface ResourceRecord {
  /** The node, without the device's alternate path. */
  readonly path: LwM2mPath;
  /** Of the device behind a gateway whose node it is; absent for a node of who was asked, or sent. */
  readonly prefix?: string;
  readonly value: Value;
  /** SenML base time plus time in seconds, as given; {@link resolveTime} makes it a moment. */
  readonly time?: number;
}

/**
 * Why a payload could not be read or written.
 *
 * - `fault` `peer`: the bytes are wrong; `caller`: what was asked can't be written so; `unsupported`: legal, and not known here
 * - `offset` where the reader stopped: a byte of the payload, or a character in JSON and link format
 */
export interface FormatError {
  readonly kind: 'truncated' | 'malformed' | 'path' | 'value' | 'limit' | 'unsupported';
  readonly fault: 'peer' | 'caller' | 'unsupported';
  readonly detail: string;
  readonly offset?: number;
}

export type FormatResult<T> = ({ readonly ok: true } & T) | { readonly ok: false; readonly error: FormatError };

/** The data type of the resource (or resource instance) at a path, where a definition is known. */
export type TypeLookup = (path: LwM2mPath) => ResourceType | undefined;

/** How nodes are named in a payload, and which types they have. */
export interface Naming {
  /** What names in SenML start with: the alternate path, then the prefix of a device behind a gateway; `/` for neither. */
  readonly rootPath: string;
  readonly typeOf: TypeLookup;
  /** Of the device behind a gateway that was asked: LwM2M CBOR has it as a text before the ids of a key. */
  readonly prefix?: string | undefined;
  /** Given where a gateway may speak of devices behind it: the types of each, by its prefix. */
  readonly behind?: ((prefix: string) => TypeLookup) | undefined;
}

/** The type of a node, of whichever device it is. */
export function typeAt(
  { typeOf, behind }: Pick<Naming, 'typeOf' | 'behind'>,
  { path, prefix }: Pick<ResourceRecord, 'path' | 'prefix'>,
): ResourceType | undefined {
  return prefix === undefined ? typeOf(path) : behind?.(prefix)(path);
}

/** Leaves a parser at any depth; never leaves this package. Not an `Error`: a stack trace per bad datagram costs only us. */
class Failure {
  readonly error: FormatError;

  constructor(error: FormatError) {
    this.error = error;
  }
}

/** Ends the parse with a typed error. */
export function fail(kind: FormatError['kind'], detail: string, offset?: number): never {
  const fault = kind === 'unsupported' ? 'unsupported' : 'peer';
  throw new Failure(offset === undefined ? { kind, fault, detail } : { kind, fault, detail, offset });
}

/** Ends the encoding of something that the caller should not have asked for. */
export function refuse(detail: string): never {
  throw new Failure({ kind: 'value', fault: 'caller', detail });
}

/** Runs a parser or encoder and turns its failure into a value. */
export function attempt<T extends object>(run: () => T): FormatResult<T> {
  try {
    return { ok: true, ...run() };
  } catch (thrown) {
    return failureOf(thrown);
  }
}

/** The result of a parser or encoder that threw this. @throws what is none of its failures */
export function failureOf(thrown: unknown): { readonly ok: false; readonly error: FormatError } {
  if (isFailure(thrown)) return { ok: false, error: thrown.error };
  throw thrown;
}

/** Whether what was thrown is a failure of a parser or encoder. */
export function isFailure(thrown: unknown): thrown is Failure {
  return thrown instanceof Failure;
}

const utf8Decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
const utf8Encoder = new TextEncoder();

/** Names and numbers are this short: a decoder costs more than they do. */
const SHORT = 32;

function isAscii(bytes: Uint8Array): boolean {
  for (let i = 0; i < bytes.length; i++) if ((bytes[i] ?? 0) > 0x7f) return false;
  return true;
}

/** UTF-8 that must be well-formed. */
export function decodeUtf8(bytes: Uint8Array, offset: number): string {
  if (bytes.length <= SHORT && isAscii(bytes)) return String.fromCharCode(...bytes);
  try {
    return utf8Decoder.decode(bytes);
  } catch {
    return fail('malformed', 'not UTF-8', offset);
  }
}

/** UTF-8 of a string. */
export function encodeUtf8(text: string): Uint8Array {
  return utf8Encoder.encode(text);
}
