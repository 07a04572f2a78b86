/** What a certificate can be known by: names for mapping to a device, and the match with a host. */
import { createHash } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import { type Certificate, sameOctets } from './certificate.ts';

/** What a peer's certificate can be mapped to a device by. */
export interface CertificateNames {
  /** When the subject has exactly one. */
  readonly commonName: string | undefined;
  readonly dns: readonly string[];
  readonly uris: readonly string[];
  /** SHA-256 of the certificate's DER, in hexadecimal. */
  readonly certificate: string;
  /** SHA-256 of the SubjectPublicKeyInfo, in hexadecimal; it stays when a certificate is renewed for the same key. */
  readonly publicKey: string;
}

export function certificateNames({ subject, alternativeNames, fingerprint, publicKey }: Certificate): CertificateNames {
  return {
    commonName: subject.commonName,
    dns: alternativeNames?.dns ?? [],
    uris: alternativeNames?.uris ?? [],
    certificate: fingerprint,
    publicKey: createHash('sha256').update(publicKey).digest('hex'),
  };
}

function ipv4Octets(text: string): number[] {
  return text.split('.').map(Number);
}

/** The octets of an IP address, without brackets or zone. */
function ipOctets(text: string): Uint8Array | undefined {
  if (isIPv4(text)) return Uint8Array.from(ipv4Octets(text));
  if (!isIPv6(text) || text.includes('%')) return undefined;
  const groups = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => {
          if (group.includes('.')) return ipv4Octets(group);
          const value = Number.parseInt(group, 16);
          return [value >> 8, value & 0xff];
        });
  const [head = '', tail] = text.split('::');
  const first = groups(head);
  const last = groups(tail ?? '');
  return Uint8Array.from([...first, ...Array<number>(16 - first.length - last.length).fill(0), ...last]);
}

const LABEL = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Labels of a DNS name in lower case; undefined when it is none. A root's dot at the end makes no difference. */
function labelsOf(name: string): string[] | undefined {
  const labels = name.toLowerCase().replace(/\.$/, '').split('.');
  return name.length <= 254 && labels.every((label, i) => LABEL.test(label) || (i === 0 && label === '*'))
    ? labels
    : undefined;
}

/** `*` stands for one whole label, the left-most, before at least two others (RFC 6125 §6.4.3). */
function matchesDns(pattern: string, host: readonly string[]): boolean {
  const labels = labelsOf(pattern);
  if (labels?.length !== host.length) return false;
  const [first, ...rest] = labels;
  const wild = first === '*' && rest.length >= 2;
  return (wild || first === host[0]) && rest.every((label, i) => label === host[i + 1]);
}

/**
 * Whether the certificate is that of a host (RFC 6125): an IP address must stand among the alternative names, a DNS
 * name too, or in the common name if the certificate has no alternative names at all.
 *
 * @param host ASCII DNS name or IP address
 */
export function matchesHost({ alternativeNames, subject }: Certificate, host: string): boolean {
  const octets = ipOctets(host);
  if (octets) return alternativeNames?.ips.some((ip) => sameOctets(ip, octets)) ?? false;
  const labels = labelsOf(host);
  if (labels === undefined || labels[0] === '*') return false;
  const { commonName } = subject;
  const patterns = alternativeNames?.dns ?? (commonName === undefined ? [] : [commonName]);
  return patterns.some((pattern) => matchesDns(pattern, labels));
}
