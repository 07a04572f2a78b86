/** Which content format to ask for, and to write in (OMA Core §7.5, §8.2.1). */

import { ContentFormat } from './formats/content.ts';
import { carriesUnnumbered } from './formats/new-instance.ts';
import { type LwM2mPath, level, PathLevel } from './path.ts';
import type { ResourceType } from './value.ts';
import type { EnablerVersion } from './version.ts';

/** What is known about a device and a path. */
export interface FormatQuestion {
  readonly path: LwM2mPath;
  readonly enabler: EnablerVersion;
  /** The type of the resource at `path`, where a definition is known. */
  readonly type?: ResourceType;
  /** Whether the resource at `path` may have several instances. */
  readonly multiple?: boolean;
  /** What the device's registration listed as `ct`. */
  readonly contentFormats?: readonly number[];
  /** A new instance whose id the device is to choose. */
  readonly unnumbered?: boolean;
}

const { text, opaque, tlv, senmlCbor, senmlJson, senmlEtchCbor, senmlEtchJson, lwm2mCbor } = ContentFormat;

/** Formats of many values, best first. TLV is the one that 1.0 demands and later versions only allow. */
const STRUCTURED: Readonly<Record<EnablerVersion, readonly number[]>> = {
  '1.0': [tlv],
  '1.1': [senmlCbor, senmlJson, tlv],
  '1.2': [senmlCbor, senmlJson, lwm2mCbor, tlv],
};

/**
 * Formats worth trying, best first: after 4.06 or 4.15 comes the next.
 *
 * A single resource of known type goes as plain text or octet stream, which every device must have; anything else in a
 * structured format, those that the device listed before the others.
 */
export function formatCandidates(question: FormatQuestion): readonly number[] {
  const { path, enabler, type, multiple = false, contentFormats = [], unnumbered = false } = question;
  const structured = STRUCTURED[enabler].filter((format) => !unnumbered || carriesUnnumbered(format));
  const listed = structured.filter((format) => contentFormats.includes(format));
  const candidates = [...listed, ...structured.filter((format) => !listed.includes(format))];
  const single = level(path) === PathLevel.resourceInstance || (level(path) === PathLevel.resource && !multiple);
  return single && type !== undefined ? [type === 'opaque' ? opaque : text, ...candidates] : candidates;
}

/** The first of {@link formatCandidates}. */
export function chooseFormat(question: FormatQuestion): number {
  return formatCandidates(question)[0] ?? tlv;
}

/** What is known about a device and a composite operation. */
export interface CompositeQuestion {
  readonly enabler: EnablerVersion;
  /** What the device's registration listed as `ct`. */
  readonly contentFormats?: readonly number[];
  /** Whether values are written, and whether resource instances are removed among them. */
  readonly writes?: 'values' | 'removals';
}

/**
 * Formats of a list of paths, best first: SenML-ETCH is what 1.2 added for it, plain SenML what 1.1 had and what 1.2.1
 * allows again. Composite operations came with 1.1.
 */
const COMPOSITE: Readonly<Record<EnablerVersion, readonly number[]>> = {
  '1.0': [],
  '1.1': [senmlCbor, senmlJson, senmlEtchCbor, senmlEtchJson],
  '1.2': [senmlEtchCbor, senmlEtchJson, senmlCbor, senmlJson],
};

/** Formats to send a composite operation in, best first, those that the device listed before the others. */
export function compositeCandidates({ enabler, contentFormats = [], writes }: CompositeQuestion): readonly number[] {
  const all = [...COMPOSITE[enabler], ...(writes === 'values' && enabler === '1.2' ? [lwm2mCbor] : [])];
  const fitting = writes === 'removals' ? all.filter((format) => ETCH.has(format)) : all;
  return [
    ...fitting.filter((format) => contentFormats.includes(format)),
    ...fitting.filter((format) => !contentFormats.includes(format)),
  ];
}

const ETCH: ReadonlySet<number> = new Set([senmlEtchCbor, senmlEtchJson]);

/**
 * The format to accept the values in that a list of paths asks for: of the same syntax as the list, and LwM2M CBOR
 * where the device listed only that.
 */
export function compositeAccept(listFormat: number, contentFormats: readonly number[] = []): number {
  if (listFormat === senmlEtchJson || listFormat === senmlJson) return senmlJson;
  return contentFormats.includes(lwm2mCbor) && !contentFormats.includes(senmlCbor) ? lwm2mCbor : senmlCbor;
}
