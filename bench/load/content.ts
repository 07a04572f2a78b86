import { ContentFormat, encodeContent, parsePath, ROOT_PATH } from '@reeve/lwm2m';
import type { Operation } from './plan.ts';

/** What devices say: one payload whose last byte is a value that may be anything from 24 to 127. */
export interface Content {
  readonly format: number;
  readonly payload: Uint8Array;
}

const instances = (resource: string, count: number): string[] =>
  Array.from({ length: count }, (_, index) => `${resource}/${index}`);
/** Voltages and currents of eight sources of power, battery, memory and errors: 20 integers. */
const TWENTY = [...instances('/3/0/7', 8), ...instances('/3/0/8', 8), '/3/0/10', '/3/0/20', '/3/0/21', '/3/0/9'];
const BATTERY = '/3/0/9';
/** What a server reads of devices that are read. */
export const READ = BATTERY;

/** What a server observes on devices of an operation; undefined if nothing. */
export function observedBy(operation: Operation): string | undefined {
  if (operation === 'senml') return '/3/0';
  return operation === 'notification' || operation === 'registration' ? BATTERY : undefined;
}

/** @throws Error if there is no such content, which would be a fault of the benchmark */
function senml(paths: readonly string[]): Content {
  const records = paths.flatMap((text) => {
    const path = parsePath(text);
    return path ? [{ path, value: { type: 'integer', value: 80 } as const }] : [];
  });
  const encoded = encodeContent({ format: ContentFormat.senmlCbor, path: ROOT_PATH, records });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return { format: ContentFormat.senmlCbor, payload: encoded.bytes };
}

/** The battery's level in TLV, as most devices send it. */
const SINGLE: Content = { format: ContentFormat.tlv, payload: Buffer.of(0xc1, 9, 80) };

/** What a device tells in an operation. */
export function contentOf(operation: Operation): Content {
  if (operation === 'senml') return senml(TWENTY);
  return operation === 'send' ? senml([BATTERY]) : SINGLE;
}
