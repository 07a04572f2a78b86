import type { DeviceDetail, FormatInfo } from '@reeve/contract';
import { ContentFormat } from '@reeve/lwm2m';
import type { Device, Registration } from './fleet.ts';

const NAMES: Readonly<Record<number, string>> = {
  [ContentFormat.text]: 'text',
  [ContentFormat.linkFormat]: 'CoRE links',
  [ContentFormat.opaque]: 'opaque',
  [ContentFormat.cbor]: 'CBOR',
  [ContentFormat.senmlJson]: 'SenML JSON',
  [ContentFormat.senmlCbor]: 'SenML CBOR',
  [ContentFormat.senmlEtchJson]: 'SenML-ETCH JSON',
  [ContentFormat.senmlEtchCbor]: 'SenML-ETCH CBOR',
  [ContentFormat.tlv]: 'TLV',
  [ContentFormat.json]: 'OMA JSON',
  [ContentFormat.lwm2mCbor]: 'LwM2M CBOR',
  [ContentFormat.legacyText]: 'text, as before 1.0',
  [ContentFormat.legacyTlv]: 'TLV, as before 1.0',
  [ContentFormat.legacyJson]: 'OMA JSON, as before 1.0',
};

type Supported =
  | 'transport'
  | 'rootPath'
  | 'contentFormats'
  | 'refusedFormats'
  | 'noFetch'
  | 'noIpatch'
  | 'readByInstance';

/** What a registered device says that it supports, and what was learned of it beside. */
export function supportOf(
  { session }: Pick<Device, 'session'>,
  {
    rootPath,
    contentFormats,
    refusedFormats = [],
    quirks: { noFetch, noIpatch, byInstance = [] } = {},
  }: Pick<Registration, 'rootPath' | 'contentFormats' | 'refusedFormats' | 'quirks'>,
): Pick<NonNullable<DeviceDetail['registration']>, Supported> {
  return {
    ...(session ? { transport: session.transport } : {}),
    ...(rootPath === '/' ? {} : { rootPath }),
    ...(contentFormats.length === 0 ? {} : { contentFormats: contentFormats.map(named) }),
    ...(refusedFormats.length === 0 ? {} : { refusedFormats: refusedFormats.map(named) }),
    ...(noFetch && { noFetch }),
    ...(noIpatch && { noIpatch }),
    ...(byInstance.length === 0 ? {} : { readByInstance: [...byInstance] }),
  };
}

function named(format: number): FormatInfo {
  return { format, name: NAMES[format] ?? `format ${format}` };
}
