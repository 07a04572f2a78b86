import type { FrameField, FrameLayout } from '@reeve/contract';
import type { LinkRecord } from '../link/port.ts';
import type { Models } from '../telemetry/models.ts';
import { MAX_PAYLOAD } from './frame.ts';

/** Octets that a payload of this layout has. */
function payloadBytes({ fields }: Pick<FrameLayout, 'fields'>): number {
  return Math.ceil(fields.reduce((sum, { bits }) => sum + bits, 0) / 8);
}

/** Why a layout cannot be used: of which field, or of all of them. */
export interface LayoutFault {
  readonly field?: number;
  readonly message: string;
}

/** What the schema of a layout can't say: whether it fits a frame, and whether each field fits its encoding. */
export function layoutFault(layout: Pick<FrameLayout, 'fields'>): LayoutFault | undefined {
  const bytes = payloadBytes(layout);
  if (bytes > MAX_PAYLOAD) return { message: `needs ${bytes} octets; a frame carries ${MAX_PAYLOAD}` };
  const paths = new Set<string>();
  for (const [field, { path, bits, encoding = 'unsigned' }] of layout.fields.entries()) {
    if (encoding === 'boolean' && bits !== 1) return { field, message: `a boolean has 1 bit, not ${bits}` };
    if (encoding === 'float' && bits !== 32) return { field, message: `a float has 32 bits, not ${bits}` };
    if (encoding === 'signed' && bits < 2) return { field, message: 'a signed number has at least 2 bits' };
    if (path !== undefined && paths.has(path)) return { field, message: `${path} is there twice` };
    if (path !== undefined) paths.add(path);
  }
  return undefined;
}

/**
 * The values of a payload.
 * @returns a sentence if the payload does not have the layout's length, or a value does not fit its resource
 */
export function readPayload(layout: FrameLayout, payload: Uint8Array, models: Models): readonly LinkRecord[] | string {
  const bytes = payloadBytes(layout);
  if (payload.length !== bytes) return `the layout ${layout.name} has ${bytes} octets, the frame ${payload.length}`;
  let rest = BigInt(`0x${Buffer.from(payload).toString('hex') || '0'}`);
  // Fields stand from the most significant bit on; the last octet is filled up.
  rest >>= BigInt(bytes * 8 - layout.fields.reduce((sum, { bits }) => sum + bits, 0));
  const records: LinkRecord[] = [];
  for (const field of layout.fields.toReversed()) {
    const raw = BigInt.asUintN(field.bits, rest);
    rest >>= BigInt(field.bits);
    if (field.path === undefined) continue;
    try {
      const stored = models.storedOf({ path: field.path, value: numberOf(field, raw), type: typeOf(field) }, undefined);
      records.push({ path: field.path, stored });
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }
  return records.reverse();
}

/** The type of a value whose resource has no definition. */
function typeOf({ encoding = 'unsigned', scale = 1, offset = 0 }: FrameField): 'boolean' | 'float' | 'integer' {
  if (encoding === 'boolean') return 'boolean';
  return encoding === 'float' || !Number.isInteger(scale) || !Number.isInteger(offset) ? 'float' : 'integer';
}

function numberOf({ bits, encoding = 'unsigned', scale = 1, offset = 0 }: FrameField, raw: bigint): number | boolean {
  switch (encoding) {
    case 'boolean':
      return raw === 1n;
    case 'float':
      return new DataView(new Uint32Array([Number(raw)]).buffer).getFloat32(0, true) * scale + offset;
    case 'signed':
      return Number(BigInt.asIntN(bits, raw)) * scale + offset;
    case 'unsigned':
      return Number(raw) * scale + offset;
  }
}
