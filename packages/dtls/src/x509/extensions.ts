/** Certificate extensions (RFC 5280 §4.2) that the profile understands, declared as data. */
import {
  any,
  type DerElement,
  type DerResult,
  type DerType,
  decodeDer,
  defaulted,
  implicit,
  optional,
  sequence,
  sequenceOf,
} from './der.ts';
import { bigInteger, boolean, ia5String, integer, namedBits, octetString, oid } from './der-types.ts';
import { X509_LIMITS } from './limits.ts';

export interface Extension {
  readonly id: string;
  readonly critical: boolean;
  readonly value: Uint8Array;
}

/** Extensions, as an ASN.1 type. */
export const extensions = sequenceOf(
  sequence<Extension>({ id: oid, critical: defaulted(boolean, false), value: octetString }),
  { min: 1, max: X509_LIMITS.extensions },
);

/** Bits of keyUsage (RFC 5280 §4.2.1.3). */
export const KeyUsage = { digitalSignature: 1 << 0, keyCertSign: 1 << 5, cRLSign: 1 << 6 } as const;

interface AlternativeNames {
  readonly dns: readonly string[];
  readonly uris: readonly string[];
  readonly emails: readonly string[];
  /** 4 or 16 octets each. */
  readonly ips: readonly Uint8Array[];
}

/** What a certificate's extensions say; what they leave out is undefined or empty. */
export interface CertificateExtensions {
  readonly basicConstraints: { readonly ca: boolean; readonly pathLength: number | undefined } | undefined;
  /** Bits of `KeyUsage`. */
  readonly keyUsage: number | undefined;
  /** Object identifiers. */
  readonly extendedKeyUsage: readonly string[] | undefined;
  /** Undefined without the extension; names of other kinds are left out. */
  readonly alternativeNames: AlternativeNames | undefined;
  readonly subjectKeyId: Uint8Array | undefined;
  readonly authorityKeyId: Uint8Array | undefined;
  /** Extensions that forbid the use of the certificate here: nameConstraints, and critical ones that nobody here knows. */
  readonly unsupported: readonly string[];
}

const basicConstraints = sequence<{ ca: boolean; pathLength: number | undefined }>({
  ca: defaulted(boolean, false),
  pathLength: optional(integer(255)),
});

const authorityKeyIdentifier = sequence<{
  keyId: Uint8Array | undefined;
  issuer: DerElement | undefined;
  serial: Uint8Array | undefined;
}>({
  keyId: optional(implicit(0, octetString)),
  issuer: optional(implicit(1, any, { constructed: true })),
  serial: optional(implicit(2, bigInteger(X509_LIMITS.serialBytes))),
});

type GeneralName =
  | { readonly kind: 'dns' | 'uri' | 'email'; readonly text: string }
  | { readonly kind: 'ip'; readonly octets: Uint8Array }
  | { readonly kind: 'ignored' };

const generalName: DerType<GeneralName> = {
  accepts: (tag) => (tag & 0xc0) === 0x80 && (tag & 0x1f) <= 8,
  read(element, decoding) {
    switch (element.tag) {
      case 0x81:
        return { kind: 'email', text: ia5String.read(element, decoding) };
      case 0x82:
        return { kind: 'dns', text: ia5String.read(element, decoding) };
      case 0x86:
        return { kind: 'uri', text: ia5String.read(element, decoding) };
      case 0x87:
        if (element.content.length !== 4 && element.content.length !== 16) decoding.fail('bounds', element.content);
        return { kind: 'ip', octets: element.content };
      default:
        return { kind: 'ignored' };
    }
  },
};

function alternativeNames(names: readonly GeneralName[]): AlternativeNames {
  const texts = (kind: 'dns' | 'uri' | 'email'): string[] =>
    names.flatMap((each) => (each.kind === kind ? [each.text] : []));
  return {
    dns: texts('dns'),
    uris: texts('uri'),
    emails: texts('email'),
    ips: names.flatMap((each) => (each.kind === 'ip' ? [each.octets] : [])),
  };
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** One extension that is understood: its type, and where its value goes. */
interface Understood {
  readonly field: string;
  readonly read: (value: Uint8Array, into: Writable<CertificateExtensions>) => DerResult<unknown>;
}

function understood<T>(
  field: string,
  type: DerType<T>,
  put: (into: Writable<CertificateExtensions>, value: T) => void,
): Understood {
  return {
    field,
    read(bytes, into) {
      const decoded = decodeDer(type, bytes, { maxBytes: X509_LIMITS.certificateBytes });
      if (decoded.ok) put(into, decoded.value);
      return decoded;
    },
  };
}

const NAME_CONSTRAINTS = '2.5.29.30';

/** By object identifier. */
const UNDERSTOOD: { readonly [id: string]: Understood } = {
  '2.5.29.14': understood('subjectKeyIdentifier', octetString, (into, value) => {
    into.subjectKeyId = value;
  }),
  '2.5.29.15': understood('keyUsage', namedBits, (into, value) => {
    into.keyUsage = value;
  }),
  '2.5.29.17': understood(
    'subjectAltName',
    sequenceOf(generalName, { min: 1, max: X509_LIMITS.alternativeNames }),
    (into, value) => {
      into.alternativeNames = alternativeNames(value);
    },
  ),
  '2.5.29.19': understood('basicConstraints', basicConstraints, (into, value) => {
    into.basicConstraints = value;
  }),
  '2.5.29.35': understood('authorityKeyIdentifier', authorityKeyIdentifier, (into, value) => {
    into.authorityKeyId = value.keyId;
  }),
  '2.5.29.37': understood(
    'extKeyUsage',
    sequenceOf(oid, { min: 1, max: X509_LIMITS.alternativeNames }),
    (into, value) => {
      into.extendedKeyUsage = value;
    },
  ),
};

/** What people call the extensions that make a certificate unsupported here. */
const WELL_KNOWN: { readonly [id: string]: string } = {
  [NAME_CONSTRAINTS]: 'nameConstraints',
  '2.5.29.32': 'certificatePolicies',
  '2.5.29.33': 'policyMappings',
  '2.5.29.36': 'policyConstraints',
  '2.5.29.54': 'inhibitAnyPolicy',
};

export type ReadExtensions =
  | { readonly ok: true; readonly value: CertificateExtensions }
  /** `detail`: what is wrong with which extension. */
  | { readonly ok: false; readonly detail: string };

/** Reads a certificate's extensions; a second one of the same kind is an error (RFC 5280 §4.2). */
export function readExtensions(list: readonly Extension[]): ReadExtensions {
  const seen = new Set<string>();
  const unsupported: string[] = [];
  const into: Writable<CertificateExtensions> = {
    ...{ basicConstraints: undefined, keyUsage: undefined, extendedKeyUsage: undefined },
    ...{ alternativeNames: undefined, subjectKeyId: undefined, authorityKeyId: undefined, unsupported },
  };
  for (const { id, critical, value } of list) {
    if (seen.has(id)) return { ok: false, detail: `extension ${id} stands there twice` };
    seen.add(id);
    const type = UNDERSTOOD[id];
    if (type) {
      const read = type.read(value, into);
      if (!read.ok) return { ok: false, detail: `its extension ${type.field} is malformed (${read.error.kind})` };
    } else if (critical || id === NAME_CONSTRAINTS) {
      unsupported.push(WELL_KNOWN[id] ?? id);
    }
  }
  return { ok: true, value: into };
}
