import { createPrivateKey } from 'node:crypto';
import {
  type Certificate,
  type CertificateUsage,
  type ClientIdentity,
  type MatchingType,
  matchCertificateUsage,
  type RetransmitParameters,
} from '@reeve/dtls';
import { path } from '@reeve/lwm2m';
import { DtlsLink, type DtlsLinkOptions, type Link, OpenLink } from './link.ts';
import type { DeviceModel } from './model.ts';
import { oscoreParameters } from './objects/oscore.ts';
import { SecurityMode, SecurityResource } from './objects/security.ts';
import { OscoreLink } from './oscore-link.ts';

/** What links are made with beside the Security object. */
export interface LinkParts {
  readonly random: (n: number) => Uint8Array;
  readonly retransmit: Partial<RetransmitParameters>;
  /** Authorities that the device trusts, for the certificate usages 0 and 1. */
  readonly trustAnchors: readonly Certificate[];
  /** Milliseconds since the epoch; needed with a certificate. */
  readonly wallClock: (() => number) | undefined;
}

const DER_SEQUENCE = 0x30;
const LONG_LENGTH = 0x80;

/**
 * The link that an instance of object 0 describes (OMA Transport §5.2.9).
 *
 * @throws RangeError or Error when its credentials can't serve
 */
export function linkOf(instanceId: number, model: DeviceModel, parts: LinkParts): Link {
  const { random, retransmit } = parts;
  const { mode, publicKeyOrIdentity, serverPublicKey, secretKey } = SecurityResource;
  const number = (resource: number) => model.number(path(0, instanceId, resource));
  const bytes = (resource: number): Uint8Array => {
    const value = model.value(path(0, instanceId, resource));
    return value.type === 'opaque' ? value.value : new Uint8Array(0);
  };
  const privateKey = () => createPrivateKey({ key: Buffer.from(bytes(secretKey)), format: 'der', type: 'pkcs8' });
  const dtls = (identity: ClientIdentity, more: Partial<DtlsLinkOptions> = {}) =>
    new DtlsLink({ identity, random, retransmit, ...more });

  const oscore = oscoreOf(instanceId, model);
  if (oscore !== undefined && number(mode) !== SecurityMode.noSec) {
    throw new RangeError('OSCORE over DTLS is not supported');
  }
  switch (number(mode)) {
    case SecurityMode.noSec:
      return oscore === undefined ? new OpenLink() : new OscoreLink(oscoreParameters(model, oscore), random);
    case SecurityMode.psk:
      return dtls({ kind: 'psk', identity: bytes(publicKeyOrIdentity), key: bytes(secretKey) });
    case SecurityMode.rawKey: {
      const keys = { publicKey: bytes(publicKeyOrIdentity), serverKey: bytes(serverPublicKey) };
      return dtls({ kind: 'raw-key', ...keys, privateKey: privateKey() });
    }
    case SecurityMode.certificate: {
      const association = {
        usage: (number(SecurityResource.certificateUsage) ?? 3) as CertificateUsage,
        matchingType: (number(SecurityResource.matchingType) ?? 0) as MatchingType,
        data: bytes(serverPublicKey),
      };
      const { trustAnchors: anchors, wallClock } = parts;
      if (wallClock === undefined) throw new RangeError('certificates can not be judged without a clock');
      const host = hostOf(instanceId, model);
      const chain = splitCertificates(bytes(publicKeyOrIdentity));
      return dtls(
        { kind: 'certificate', chain, privateKey: privateKey() },
        {
          serverName: host,
          judge: (shown) => {
            const result = matchCertificateUsage(shown, { association, host, anchors }, wallClock());
            return result.ok ? { ok: true, credential: '' } : result;
          },
        },
      );
    }
    default:
      throw new RangeError(`security mode ${number(mode)} is not supported`);
  }
}

/** The instance of object 21 that protects what is said (/0/x/17). */
function oscoreOf(instanceId: number, model: DeviceModel): number | undefined {
  const { type, value } = model.value(path(0, instanceId, SecurityResource.oscore));
  return type === 'objlnk' && value.objectId === 21 ? value.instanceId : undefined;
}

/** The name of the server: SNI, or the host of its URI. */
function hostOf(instanceId: number, model: DeviceModel): string {
  const serverName = model.value(path(0, instanceId, SecurityResource.serverName));
  if (serverName.type === 'string' && serverName.value !== '') return serverName.value;
  return new URL(String(model.value(path(0, instanceId, SecurityResource.uri)).value)).hostname.replace(/^\[|\]$/g, '');
}

/** Certificates that stand one after the other; whether they are any is for the handshake to say. */
function splitCertificates(bytes: Uint8Array): Uint8Array[] {
  const certificates: Uint8Array[] = [];
  for (let at = 0; at < bytes.length; ) {
    const first = bytes[at + 1] ?? 0;
    const octets = first < LONG_LENGTH ? 0 : first - LONG_LENGTH;
    let length = octets === 0 ? first : 0;
    for (let i = 0; i < octets; i++) length = length * 256 + (bytes[at + 2 + i] ?? 0);
    const end = at + 2 + octets + length;
    if (bytes[at] !== DER_SEQUENCE || end > bytes.length) throw new RangeError('/0/x/3 holds no certificate');
    certificates.push(bytes.subarray(at, end));
    at = end;
  }
  return certificates;
}
