import { type CoapOption, Option, option } from '../options.ts';
import type { RequestSpec } from '../specs.ts';
import { block1Option, blockBytes } from './blocks.ts';

/** How far a body of ours has been sent. */
export interface Upload {
  /** Bytes ahead of the part under way, and in it. */
  offset: number;
  length: number;
  szx: number;
  /** Keeps this body's parts from being mixed with those of an earlier one (RFC 9175 §3). */
  readonly tag: CoapOption;
}

const EMPTY = new Uint8Array(0);

/** The part that is to be sent now. Observation belongs to the last one, which is answered. */
export function nextPart(spec: RequestSpec, upload: Upload): RequestSpec {
  const { payload = EMPTY, token: _, observe: __, ...rest } = spec;
  const { offset, szx, tag } = upload;
  const part = payload.subarray(offset, offset + blockBytes(szx));
  upload.length = part.length;
  const more = offset + part.length < payload.length;
  const size = offset === 0 ? [option(Option.Size1, payload.length)] : [];
  const block = block1Option({ num: offset / blockBytes(szx), more, szx });
  return {
    ...(more ? rest : spec),
    payload: part,
    options: [...(spec.options ?? []), block, ...size, tag],
  };
}
