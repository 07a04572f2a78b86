import { createSecretKey, type KeyObject } from 'node:crypto';
import { DEFAULT_AEAD, type OscoreParameters } from '@reeve/coap';
import { path } from '@reeve/lwm2m';
import { type ObjectInstance, objectInstance } from '../instance.ts';
import type { DeviceModel } from '../model.ts';

/** What a device and a server were given for OSCORE (RFC 8613 §3.2), from the device's side. */
export interface OscoreOptions {
  readonly masterSecret: KeyObject;
  readonly senderId: Uint8Array;
  readonly recipientId: Uint8Array;
  readonly masterSalt?: Uint8Array;
  readonly idContext?: Uint8Array;
  /** COSE number of the cipher; default 10, AES-CCM-16-64-128. */
  readonly aead?: number;
  /** COSE number of the HMAC; default 5, HMAC with SHA-256. */
  readonly hmac?: number;
}

const OscoreResource = {
  masterSecret: 0,
  senderId: 1,
  recipientId: 2,
  aead: 3,
  hmac: 4,
  masterSalt: 5,
  idContext: 6,
} as const;

/** HMAC with SHA-256. */
const DEFAULT_HMAC = 5;

/**
 * An instance of object 21, OSCORE (OMA Transport §5.4); an instance of object 0 points at it. No server can read or
 * write it.
 */
export function oscoreInstance(options: OscoreOptions, id = 0): ObjectInstance {
  const { masterSecret, senderId, recipientId, masterSalt, idContext, aead, hmac } = options;
  return objectInstance(21, id, {
    values: {
      [OscoreResource.masterSecret]: base64(masterSecret.export()),
      [OscoreResource.senderId]: base64(senderId),
      [OscoreResource.recipientId]: base64(recipientId),
      [OscoreResource.aead]: aead ?? DEFAULT_AEAD,
      [OscoreResource.hmac]: hmac ?? DEFAULT_HMAC,
      ...(masterSalt && { [OscoreResource.masterSalt]: base64(masterSalt) }),
      ...(idContext && { [OscoreResource.idContext]: base64(idContext) }),
    },
  });
}

/** The parameters in an instance of object 21. @throws RangeError when there is no such instance */
export function oscoreParameters(model: DeviceModel, id: number): OscoreParameters {
  const bytes = (resource: number): Uint8Array | undefined => {
    const { type, value } = model.value(path(21, id, resource));
    return type === 'opaque' ? value : undefined;
  };
  const secret = bytes(OscoreResource.masterSecret);
  if (secret === undefined) throw new RangeError(`/0/x/17 points at /21/${id}, which is not there`);
  const idContext = bytes(OscoreResource.idContext);
  return {
    masterSecret: createSecretKey(secret),
    masterSalt: bytes(OscoreResource.masterSalt) ?? new Uint8Array(0),
    senderId: bytes(OscoreResource.senderId) ?? new Uint8Array(0),
    recipientId: bytes(OscoreResource.recipientId) ?? new Uint8Array(0),
    ...(idContext && { idContext }),
    aead: model.number(path(21, id, OscoreResource.aead)) ?? DEFAULT_AEAD,
    hkdf: model.number(path(21, id, OscoreResource.hmac)) ?? DEFAULT_HMAC,
  };
}

function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64');
}
