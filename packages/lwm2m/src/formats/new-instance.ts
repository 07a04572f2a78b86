/** The content of a Create: one object instance, whose id the server names or leaves to the device (OMA Core §6.3.6). */

import { join, type LwM2mPath, PathLevel, path as pathOf, segments } from '../path.ts';
import { NONE } from '../value.ts';
import { type ContentInput, type ContentOutput, decodeContent, encodeContent } from './codec.ts';
import { attempt, ContentFormat, type FormatResult, fail, type ResourceRecord, refuse } from './content.ts';
import { decodeLwm2mCbor, encodeLwm2mCbor, isUnnumbered } from './lwm2m-cbor.ts';
import { readTlv } from './tlv.ts';

/** One object instance that is to be made. */
export interface NewInstance {
  /** Of the object. */
  readonly path: LwM2mPath;
  /** Absent: the device chooses. */
  readonly instanceId?: number;
  /** What the instance begins with, below it; below instance 0 where the device chooses the id. */
  readonly records: readonly ResourceRecord[];
}

/** Whether a format can leave the id to the device: SenML has no form for it. */
export function carriesUnnumbered(format: number): boolean {
  return format === ContentFormat.tlv || format === ContentFormat.lwm2mCbor;
}

/** Writes the content of a Create. */
export function encodeNewInstance(
  format: number,
  { path, instanceId, records }: NewInstance,
  naming: Pick<ContentOutput, 'rootPath' | 'prefix'> = {},
): FormatResult<{ readonly bytes: Uint8Array }> {
  const [objectId = 0] = segments(path);
  const instance = pathOf(objectId, instanceId ?? 0);
  const written = records.length > 0 ? records : [{ path: instance, value: NONE }];
  if (instanceId !== undefined) return encodeContent({ format, path, records: written, ...naming });
  if (format === ContentFormat.tlv) return encodeContent({ format, path: instance, records, ...naming });
  return attempt(() =>
    format === ContentFormat.lwm2mCbor
      ? { bytes: encodeLwm2mCbor(path, written, { ...naming, unnumbered: true }) }
      : refuse(`content format ${format} has no form for an instance whose id the device chooses`),
  );
}

/** Reads the content of a Create. */
export function decodeNewInstance(input: ContentInput): FormatResult<{ readonly created: NewInstance }> {
  const { format, bytes, path, resourceType = () => undefined } = input;
  return attempt(() => {
    const unnumbered =
      format === ContentFormat.tlv
        ? readTlv(bytes)[0]?.kind !== 'objectInstance'
        : format === ContentFormat.lwm2mCbor && isUnnumbered(bytes);
    const records =
      unnumbered && format === ContentFormat.lwm2mCbor
        ? decodeLwm2mCbor(bytes, path, { typeOf: resourceType }, true)
        : recordsOf(input);
    const ids = new Set(
      records.map((record) => segments(record.path)[PathLevel.instance - 1] ?? fail('path', 'no id')),
    );
    if (ids.size > 1) fail('path', `${ids.size} instances in one Create`);
    const [instanceId] = ids;
    const instance = join(path, instanceId ?? 0);
    const values = records.filter((record) => record.path !== instance);
    return {
      created: { path, records: values, ...(unnumbered || instanceId === undefined ? {} : { instanceId }) },
    };
  });
}

function recordsOf(input: ContentInput): readonly ResourceRecord[] {
  const content = decodeContent(input);
  return content.ok ? content.records : fail(content.error.kind, content.error.detail, content.error.offset);
}
