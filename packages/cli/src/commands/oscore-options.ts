import { compact, type OscoreTerms } from '@reeve/contract';
import { Failure } from '../failure.ts';
import { flag, type ReadAll, type Spec, text, whole } from '../options.ts';

const algorithm = { min: -32_768, max: 32_767 };

/** Bytes in hex, or nothing. */
function hex(summary: string): Spec<string | undefined> {
  const word = text('HEX', summary);
  const read = (given: readonly string[]) => {
    const value = word.read(given);
    if (value === undefined || /^([0-9a-fA-F]{2})*$/.test(value)) return value;
    throw new Failure('usage', `"${value}" is no hex`);
  };
  return { ...word, read };
}

/** What goes with a secret of OSCORE, as the device has it in its object 21. */
export const oscoreOptions = {
  oscore: flag('OSCORE: the file holds the Master Secret; without it one is made and printed once'),
  'sender-id': hex('with --oscore: Sender ID of the device, else one is made'),
  'recipient-id': hex('with --oscore: Recipient ID of the device, else 00'),
  salt: hex('with --oscore: Master Salt, else none'),
  'id-context': hex('with --oscore: ID Context, else none'),
  aead: whole('N', 'with --oscore: AEAD algorithm by its COSE number, else 10', algorithm),
  hmac: whole('N', 'with --oscore: HMAC algorithm by its COSE number, else 5', algorithm),
};

/** The terms that options describe, if they speak of OSCORE. */
export function oscoreTermsOf(given: ReadAll<typeof oscoreOptions>): OscoreTerms | undefined {
  const { salt, aead, hmac } = given;
  const ids = { senderId: given['sender-id'], recipientId: given['recipient-id'], idContext: given['id-context'] };
  const terms = compact({ ...ids, salt, aead, hmac });
  return given.oscore || Object.keys(terms).length > 0 ? terms : undefined;
}
