import Type, { type Static } from 'typebox';
import { Instant } from './common.ts';

export const ShortServerId = Type.Integer({ minimum: 1, maximum: 65_534 });

const Hex = (maxLength: number) => Type.String({ pattern: '^([0-9a-fA-F]{2})*$', maxLength });
const Base64 = Type.String({ pattern: '^[A-Za-z0-9+/]+={0,2}$', maxLength: 8192 });

/** Keys of an account on a server elsewhere. They are never told again. */
export const BootstrapKeys = Type.Object(
  {
    identity: Type.Optional(
      Type.String({ minLength: 1, maxLength: 128, description: 'psk; {endpoint} and the like are replaced' }),
    ),
    key: Type.Optional(Hex(128)),
    publicKey: Type.Optional(Base64),
    privateKey: Type.Optional(Base64),
    serverPublicKey: Type.Optional(Base64),
    senderId: Type.Optional(Hex(14)),
    recipientId: Type.Optional(Hex(14)),
    salt: Type.Optional(Hex(128)),
  },
  {
    additionalProperties: false,
    description:
      'psk: identity, key in hex; raw-key and certificate: publicKey, privateKey, serverPublicKey in DER (the public ones certificates for certificate); oscore: key, senderId, recipientId, salt in hex. Written only; in a template {} stands for what was given before, and nothing for what each device has of its own',
  },
);
export type BootstrapKeys = Static<typeof BootstrapKeys>;

/** How an account is secured: what its keys are made of. */
export const AccountSecurity = Type.Union([
  Type.Literal('psk'),
  Type.Literal('raw-key'),
  Type.Literal('certificate'),
  Type.Literal('oscore'),
  Type.Literal('none'),
]);
export type AccountSecurity = Static<typeof AccountSecurity>;

/** A short server id in a path, or as the name of a field. */
export const ShortServerIdText = Type.String({ pattern: '^[1-9][0-9]{0,4}$' });

/** Keys that a device has of its own, by the short server id of the account on a server elsewhere. */
export const AccountKeys = Type.Record(ShortServerIdText, BootstrapKeys, {
  maxProperties: 8,
  additionalProperties: false,
  description: 'keys of its own for accounts of its template on servers elsewhere, by short server id; written only',
});
export type AccountKeys = Static<typeof AccountKeys>;

/** Whether a device has keys for an account on a server elsewhere, and whose they are; nothing of the keys. */
export const AccountKeysStatus = Type.Object({
  shortServerId: ShortServerId,
  uri: Type.Optional(Type.String({ description: 'absent: the template of the device has no such account' })),
  security: Type.Optional(AccountSecurity),
  own: Type.Boolean({ description: 'true: the device has keys of its own; false: it is given those of its template' }),
  changedAt: Type.Optional(Instant),
  changedBy: Type.Optional(Type.String()),
  fault: Type.Optional(Type.String({ description: 'why the device would be given nothing' })),
});
export type AccountKeysStatus = Static<typeof AccountKeysStatus>;
