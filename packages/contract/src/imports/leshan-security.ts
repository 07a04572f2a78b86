import { compact } from '../compact.ts';
import type { CredentialAdd, CredentialPurpose } from '../credentials.ts';
import type { DeviceImport } from '../devices.ts';
import { type ImportEntry, type ImportRead, importOf } from './entry.ts';

/** What is said of all devices of a file. */
interface Terms {
  /** The authority of devices with certificates. */
  readonly authority: string | undefined;
  readonly purpose: CredentialPurpose | undefined;
}

type Fields = Readonly<Record<string, unknown>>;

/**
 * Devices of the security information that a Leshan server exports: an array of objects with `endpoint`, and `tls` with
 * a pre-shared key, a raw public key or any certificate, `oscore`, or both.
 */
export function readLeshanSecurity(json: string, terms: Terms): ImportRead {
  const list = parse(json);
  if (list instanceof SyntaxError) return { ok: false, errors: [`The file is no JSON: ${list.message}`] };
  if (!Array.isArray(list)) return { ok: false, errors: ['The file is no JSON array of security information'] };
  if (list.length === 0) return { ok: false, errors: ['The file has no devices'] };
  const errors: string[] = [];
  const entries = list.flatMap((each: unknown, index): ImportEntry[] => {
    const info = fieldsOf(each);
    const { endpoint } = info;
    const place = `Entry ${index + 1}${typeof endpoint === 'string' ? ` (${endpoint})` : ''}`;
    const device = deviceOf(info, terms);
    if (typeof device !== 'string') return [{ place, made: false, device }];
    errors.push(`${place}: ${device}`);
    return [];
  });
  return errors.length > 0 ? { ok: false, errors } : importOf(entries);
}

function parse(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch (error) {
    return error;
  }
}

/** @returns what is wrong with it, if anything is */
function deviceOf({ endpoint, tls, oscore }: Fields, terms: Terms): DeviceImport | string {
  if (typeof endpoint !== 'string') return 'endpoint is missing';
  const found = [
    ...(tls === undefined || tls === null ? [] : [tlsCredential(fieldsOf(tls), terms)]),
    ...(oscore === undefined || oscore === null ? [] : [oscoreCredential(fieldsOf(oscore))]),
  ];
  const wrong = found.find((each) => typeof each === 'string');
  if (wrong !== undefined) return wrong;
  if (found.length === 0) return 'has neither tls nor oscore';
  const { purpose } = terms;
  const credentials = found.flatMap((each) => (typeof each === 'string' ? [] : [{ ...each, ...compact({ purpose }) }]));
  return { endpoint, credentials };
}

function tlsCredential({ mode, details }: Fields, { authority }: Terms): CredentialAdd | string {
  const { identity, key } = fieldsOf(details);
  switch (mode) {
    case 'psk':
      if (typeof identity !== 'string') return 'tls.details.identity is missing';
      return isHex(key) ? { kind: 'psk', identity, key } : 'tls.details.key is not hex';
    case 'rpk':
      return isHex(key) ? { kind: 'raw-key', publicKey: base64Of(key) } : 'tls.details.key is not hex';
    case 'x509':
      if (authority === undefined) return 'any certificate that bears its name: say of which authority';
      return { kind: 'certificate', authority };
    default:
      return `tls.mode is none of psk, rpk, x509: ${JSON.stringify(mode)}`;
  }
}

/** Leshan names the ids from the server's side; a credential has them as the device has. */
function oscoreCredential({ sid, rid, msec }: Fields): CredentialAdd | string {
  if (!isHex(sid) || !isHex(rid)) return 'oscore.sid or oscore.rid is not hex';
  if (!isHex(msec)) return 'oscore.msec is not hex';
  return { kind: 'oscore', key: msec, oscore: { senderId: rid, recipientId: sid } };
}

function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function isHex(value: unknown): value is string {
  return typeof value === 'string' && /^([0-9a-fA-F]{2})*$/.test(value);
}

function base64Of(hex: string): string {
  return btoa(hex.replace(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16))));
}
