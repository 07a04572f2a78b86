/** Content in any format as records, and back: the one entrance to all formats. */

import { LIMITS } from '../limits.ts';
import { isPrefixOf, type LwM2mPath, level, PathLevel } from '../path.ts';
import {
  attempt,
  ContentFormat,
  type FormatResult,
  fail,
  failureOf,
  type Naming,
  type ResourceRecord,
  refuse,
  type TypeLookup,
} from './content.ts';
import { decodeLwm2mCbor, encodeLwm2mCbor } from './lwm2m-cbor.ts';
import { decodeOmaJson, encodeOmaJson } from './oma-json.ts';
import {
  decodeSenml,
  decodeSenmlPaths,
  encodeSenml,
  encodeSenmlPaths,
  type Syntax,
  senmlCbor,
  senmlEtchCbor,
  senmlEtchJson,
  senmlJson,
} from './senml.ts';
import { cbor, opaque, text } from './single.ts';
import { decodeTlvContent, encodeTlvContent } from './tlv-content.ts';

/** A payload with what is known about it. */
export interface ContentInput {
  /** The payload's own Content-Format, not the one that was asked for. */
  readonly format: number;
  readonly bytes: Uint8Array;
  /** The path that was read, observed or written. */
  readonly path: LwM2mPath;
  readonly resourceType?: TypeLookup;
  /** See {@link Naming}; `/` by default. */
  readonly rootPath?: string;
  /** See {@link Naming}. */
  readonly prefix?: string | undefined;
  /** See {@link Naming}. */
  readonly behind?: Naming['behind'];
}

/** Records to be written as one payload. */
export interface ContentOutput {
  readonly format: number;
  readonly path: LwM2mPath;
  /** All at or below `path`. */
  readonly records: readonly ResourceRecord[];
  /** See {@link Naming}; `/` by default. */
  readonly rootPath?: string;
  /** See {@link Naming}. */
  readonly prefix?: string | undefined;
}

const SINGLE = new Map([
  [ContentFormat.text, text],
  [ContentFormat.legacyText, text],
  [ContentFormat.opaque, opaque],
  [ContentFormat.cbor, cbor],
] as const satisfies [number, typeof text][]) as ReadonlyMap<number, typeof text>;

const SENML: ReadonlyMap<number, Syntax> = new Map([
  [ContentFormat.senmlJson, senmlJson],
  [ContentFormat.senmlCbor, senmlCbor],
  [ContentFormat.senmlEtchJson, senmlEtchJson],
  [ContentFormat.senmlEtchCbor, senmlEtchCbor],
]);

const unknownTypes: TypeLookup = () => undefined;

/**
 * Reads a payload by its own content format.
 *
 * Resources without a definition take the type that the data has; TLV, which has none, gives opaque and plain text a
 * string. Every record lies at or below the path that was asked for; a payload that says otherwise is a `path` error.
 */
export function decodeContent(input: ContentInput): FormatResult<{ readonly records: readonly ResourceRecord[] }> {
  const { format, bytes, path, resourceType: typeOf = unknownTypes, rootPath = '/', prefix, behind } = input;
  // Not by `attempt`: a closure for each payload shows among what is allocated.
  try {
    if (bytes.length > LIMITS.payloadBytes) fail('limit', `a payload of ${bytes.length} bytes`);
    const records = decode(format, bytes, path, { rootPath, typeOf, prefix, behind });
    for (const record of records) {
      if (!isPrefixOf(path, record.path)) fail('path', `the payload holds ${record.path}, not ${path}`);
    }
    return { ok: true, records };
  } catch (thrown) {
    return failureOf(thrown);
  }
}

function decode(format: number, bytes: Uint8Array, path: LwM2mPath, naming: Naming): ResourceRecord[] {
  const { typeOf } = naming;
  const single = SINGLE.get(format);
  if (single !== undefined) {
    if (level(path) < PathLevel.resource) fail('unsupported', `content format ${format} at ${path}`);
    return [{ path, value: single.decode(bytes, typeOf(path), path) }];
  }
  const senml = SENML.get(format);
  if (senml !== undefined) return decodeSenml(senml, bytes, naming);
  switch (format) {
    case ContentFormat.tlv:
    case ContentFormat.legacyTlv:
      return decodeTlvContent(bytes, path, typeOf);
    case ContentFormat.lwm2mCbor:
      return decodeLwm2mCbor(bytes, path, naming);
    case ContentFormat.json:
    case ContentFormat.legacyJson:
      return decodeOmaJson(bytes, path, typeOf);
    default:
      return fail('unsupported', `content format ${format}`);
  }
}

/** Writes records; what the format can't carry (several values as text, times in TLV) is the caller's error. */
export function encodeContent(output: ContentOutput): FormatResult<{ readonly bytes: Uint8Array }> {
  return attempt(() => {
    const { format, path, records, rootPath = '/', prefix } = output;
    for (const record of records)
      if (!isPrefixOf(path, record.path)) refuse(`${record.path} does not lie below ${path}`);
    const single = SINGLE.get(format);
    if (single !== undefined && format !== ContentFormat.legacyText) {
      const [record, ...more] = records;
      if (record === undefined || more.length > 0 || record.path !== path || level(path) < PathLevel.resource) {
        return refuse(`content format ${format} carries one value, that of the resource itself`);
      }
      if (record.time !== undefined) refuse(`content format ${format} carries no times`);
      return { bytes: single.encode(record.value) };
    }
    const senml = SENML.get(format);
    if (senml !== undefined) return { bytes: encodeSenml(senml, path, rootPath, records) };
    if (format === ContentFormat.tlv) return { bytes: encodeTlvContent(path, records) };
    if (format === ContentFormat.lwm2mCbor) return { bytes: encodeLwm2mCbor(path, records, { prefix }) };
    if (format === ContentFormat.json) return { bytes: encodeOmaJson(path, records) };
    return fail('unsupported', `content format ${format}`);
  });
}

/** Writes the paths of a composite request: names without values, in a SenML or SenML-ETCH format. */
export function encodePaths(
  format: number,
  paths: readonly LwM2mPath[],
  rootPath = '/',
): FormatResult<{ readonly bytes: Uint8Array }> {
  return attempt(() => {
    const senml = SENML.get(format) ?? fail('unsupported', `paths in content format ${format}`);
    return { bytes: encodeSenmlPaths(senml, rootPath, paths) };
  });
}

/** Reads the paths of a composite request. */
export function decodePaths(
  format: number,
  bytes: Uint8Array,
  rootPath = '/',
): FormatResult<{ readonly paths: readonly LwM2mPath[] }> {
  return attempt(() => {
    const senml = SENML.get(format) ?? fail('unsupported', `paths in content format ${format}`);
    if (bytes.length > LIMITS.payloadBytes) fail('limit', `a list of ${bytes.length} bytes`);
    const paths = decodeSenmlPaths(senml, bytes, rootPath);
    if (paths.length > LIMITS.paths) fail('limit', `more than ${LIMITS.paths} paths`);
    return { paths: [...new Set(paths)] };
  });
}
