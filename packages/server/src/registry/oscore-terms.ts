import { randomBytes, randomInt } from 'node:crypto';
import type { OscoreTerms, SetupItem } from '@reeve/contract';
import { oscoreFault } from '../link/oscore-port.ts';
import { refused } from '../trust/encoded.ts';
import type { CredentialRow } from './credentials.ts';
import { proofs } from './proofs.ts';

/** As long as the shortest nonce's room allows, but for the ciphers with a short one; so that they hardly ever collide. */
const MADE_ID_BYTES = 7;
/**
 * A secret that people bring may have been here before: a credential of it begins with numbers that the former one did
 * not come to. Some implementations count in signed integers of 32 bits: half of those are left for what is to come.
 */
const FIRST_NUMBER_BELOW = 2 ** 30;
/** What the server is called unless told otherwise. */
const SERVER_ID = '00';
/** AES-CCM-16-64-128 and HMAC with SHA-256, which every implementation has. */
const DEFAULTS = { aead: 10, hmac: 5 };

/**
 * What a credential of OSCORE is found by, and what goes with its secret.
 *
 * @param madeHere whether the secret is new
 * @throws ReeveError `invalid-request` for ids and algorithms that do not go together
 */
export function oscoreTerms(
  given: OscoreTerms = {},
  madeHere: boolean,
): Pick<CredentialRow, 'proof' | 'oscore' | 'sendLimit'> {
  const { senderId = randomBytes(MADE_ID_BYTES).toString('hex'), recipientId = SERVER_ID, salt = '' } = given;
  const { idContext, aead = DEFAULTS.aead, hmac = DEFAULTS.hmac } = given;
  const oscore = {
    senderId: senderId.toLowerCase(),
    recipientId: recipientId.toLowerCase(),
    salt: salt.toLowerCase(),
    ...(idContext === undefined ? {} : { idContext: idContext.toLowerCase() }),
    aead,
    hmac,
  };
  const fault = oscoreFault(oscore);
  if (fault !== undefined) throw refused('body/oscore', `does not work: ${fault}`);
  const sendLimit = madeHere ? 0 : randomInt(FIRST_NUMBER_BELOW);
  return { proof: proofs.oscore(oscore.senderId, oscore.idContext), oscore, sendLimit };
}

/** What has to be set on the device in its object 21 (LwM2M Transport §5.4). */
export function oscoreSetup({ oscore }: CredentialRow): SetupItem[] {
  if (!oscore) return [];
  const { senderId, recipientId, salt, idContext, aead, hmac } = oscore;
  return [
    { about: 'OSCORE security mode', path: '/0/x/17', value: 'a link to its instance of object 21, e.g. 21:0' },
    { about: 'Sender ID in hex', path: '/21/x/1', value: senderId },
    { about: 'Recipient ID in hex', path: '/21/x/2', value: recipientId },
    { about: 'AEAD algorithm', path: '/21/x/3', value: String(aead) },
    { about: 'HMAC algorithm', path: '/21/x/4', value: String(hmac) },
    ...(salt === '' ? [] : [{ about: 'Master Salt in hex', path: '/21/x/5', value: salt }]),
    ...(idContext === undefined ? [] : [{ about: 'ID Context in hex', path: '/21/x/6', value: idContext }]),
  ];
}
