import { encodeBootstrapPack } from '@reeve/lwm2m';
import { recordsOf } from './encoder.ts';
import type { LinkRecord } from './port.ts';

/** The content of a Bootstrap-Pack, or in words why there is none. */
export function encodePack(format: number, records: readonly LinkRecord[]): Uint8Array | string {
  const read = recordsOf(records);
  if (typeof read === 'string') return read;
  const pack = encodeBootstrapPack(format, read);
  return pack.ok ? pack.bytes : pack.error.detail;
}
