/** Distinguished names (RFC 5280 §4.1.2.4): text for people, common name for mapping, DER for comparing. */
import { any, type DerElement, sequence, sequenceOf, setOf, withDer } from './der.ts';
import { oid } from './der-types.ts';
import { X509_LIMITS } from './limits.ts';

export interface Name {
  /** Names are the same when these octets are. */
  readonly der: Uint8Array;
  /** RFC 4514: the most specific part first, as in `CN=device-1,O=Example`. */
  readonly text: string;
  /** The common name, when there is exactly one and it is text without control characters. */
  readonly commonName: string | undefined;
}

const COMMON_NAME = '2.5.4.3';

/** Short names of attribute types (RFC 4514 §3, RFC 4519 §2), and those that device certificates like to use. */
const SHORT_NAMES: { readonly [type: string]: string } = {
  [COMMON_NAME]: 'CN',
  '2.5.4.4': 'SN',
  '2.5.4.5': 'serialNumber',
  '2.5.4.6': 'C',
  '2.5.4.7': 'L',
  '2.5.4.8': 'ST',
  '2.5.4.9': 'street',
  '2.5.4.10': 'O',
  '2.5.4.11': 'OU',
  '0.9.2342.19200300.100.1.1': 'UID',
  '0.9.2342.19200300.100.1.25': 'DC',
  '1.2.840.113549.1.9.1': 'emailAddress',
};

interface Attribute {
  readonly type: string;
  readonly value: DerElement;
}

const attribute = sequence<Attribute>({ type: oid, value: any });
const rdnSequence = sequenceOf(setOf(attribute, { min: 1, max: X509_LIMITS.nameParts }), {
  max: X509_LIMITS.nameParts,
});

/** A Name, as an ASN.1 type. */
export const name = withDer(rdnSequence);

const decoders: { readonly [tag: number]: (content: Uint8Array) => string } = {
  // UTF8String
  12: (content) => new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(content),
  // PrintableString, TeletexString (Latin-1 in practice) and IA5String
  19: (content) => Buffer.from(content).toString('latin1'),
  20: (content) => Buffer.from(content).toString('latin1'),
  22: (content) => Buffer.from(content).toString('latin1'),
  // BMPString
  30: (content) => new TextDecoder('utf-16be', { fatal: true, ignoreBOM: true }).decode(content),
};

function textOf({ tag, content }: DerElement): string | undefined {
  try {
    return decoders[tag]?.(content);
  } catch {
    return undefined;
  }
}

const hex = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

/** Control characters, those of bidirectional text included: what a terminal or a comparison could be fooled with. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/;

function escaped(text: string): string {
  return text
    .replace(/["+,;<>\\]/g, '\\$&')
    .replace(/^[ #]| $/g, '\\$&')
    .replace(new RegExp(CONTROL, 'g'), (character) => `\\${hex(Buffer.from(character)).match(/../g)?.join('\\')}`);
}

function attributeText({ type, value }: Attribute): string {
  const text = textOf(value);
  return `${SHORT_NAMES[type] ?? type}=${text === undefined ? `#${hex(value.der)}` : escaped(text)}`;
}

export function nameOf({ value: rdns, der }: { value: readonly (readonly Attribute[])[]; der: Uint8Array }): Name {
  const commonNames = rdns.flat().filter(({ type }) => type === COMMON_NAME);
  const [only] = commonNames;
  const commonName = only && commonNames.length === 1 ? textOf(only.value) : undefined;
  return {
    der,
    text: [...rdns]
      .reverse()
      .map((attributes) => attributes.map(attributeText).join('+'))
      .join(','),
    commonName: commonName === undefined || CONTROL.test(commonName) ? undefined : commonName,
  };
}
