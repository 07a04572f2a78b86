import { createPrivateKey } from 'node:crypto';
import {
  type Certificate,
  type CertificateUsage,
  type ClientIdentity,
  type MatchingType,
  matchCertificateUsage,
  type PeerFound,
  type RetransmitParameters,
} from '@reeve/dtls';
import { path } from '@reeve/lwm2m';
import { DtlsLink, type DtlsLinkOptions, type Link, OpenLink } from './link.ts';
import type { DeviceModel } from './model.ts';
import { oscoreParameters } from './objects/oscore.ts';
import { SecurityMode, SecurityResource } from './objects/security.ts';
import { OscoreLink } from './oscore-link.ts';
import { StreamLink } from './stream-link.ts';
import { certificateProof, pskProof } from './tls-proof.ts';
import { transportOf } from './transports.ts';

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
  const { uri, mode, publicKeyOrIdentity, serverPublicKey, secretKey } = SecurityResource;
  const number = (resource: number) => model.number(path(0, instanceId, resource));
  const bytes = (resource: number): Uint8Array => {
    const value = model.value(path(0, instanceId, resource));
    return value.type === 'opaque' ? value.value : new Uint8Array(0);
  };
  const privateKey = () => createPrivateKey({ key: Buffer.from(bytes(secretKey)), format: 'der', type: 'pkcs8' });
  const stream = transportOf(String(model.value(path(0, instanceId, uri)).value))?.stream ?? false;
  const dtls = (identity: ClientIdentity, more: Partial<DtlsLinkOptions> = {}) =>
    new DtlsLink({ identity, random, retransmit, ...more });

  const oscore = oscoreOf(instanceId, model);
  if (oscore !== undefined && number(mode) !== SecurityMode.noSec) {
    throw new RangeError('OSCORE over DTLS is not supported');
  }
  switch (number(mode)) {
    case SecurityMode.noSec: {
      const open = stream ? new StreamLink(random) : new OpenLink();
      return oscore === undefined ? open : new OscoreLink(oscoreParameters(model, oscore), random, open);
    }
    case SecurityMode.psk: {
      const [identity, key] = [bytes(publicKeyOrIdentity), bytes(secretKey)];
      return stream ? new StreamLink(random, pskProof(identity, key)) : dtls({ kind: 'psk', identity, key });
    }
    case SecurityMode.rawKey: {
      if (stream) throw new RangeError('raw public keys over TLS are not supported');
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
      const trust = {
        serverName: host,
        judge: (shown: readonly Uint8Array[]): PeerFound => {
          const result = matchCertificateUsage(shown, { association, host, anchors }, wallClock());
          return result.ok ? { ok: true, credential: '' } : result;
        },
      };
      return stream
        ? new StreamLink(random, certificateProof(chain, privateKey(), trust))
        : dtls({ kind: 'certificate', chain, privateKey: privateKey() }, trust);
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
