import { createCipheriv, hkdfSync } from 'node:crypto';
import { expect, it } from 'vitest';
import { decodeMessage, encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { type CoapMessage, MessageType } from '../message.ts';
import { Option, option } from '../options.ts';
import { hex } from '../testing/harness.ts';
import { encodeCbor, unwrapBytes } from './cbor.ts';
import { encodeOscoreValue } from './option-value.ts';
import { oscoreValueOf } from './protection.ts';
import { DEVICE, End } from './testing.ts';

const R2 = hex('1122334455667788');
const TAG_BYTES = 8;

/** What a key derivation comes to (RFC 8613 §3.2.1). */
function derived(idContext: Uint8Array, id: Uint8Array, type: 'Key' | 'IV', length: number): Uint8Array {
  const { masterSecret, masterSalt, aead } = DEVICE;
  const info = encodeCbor([id, idContext, aead, type, length]);
  return new Uint8Array(hkdfSync('sha256', masterSecret, masterSalt, info, length));
}

function read(datagram: Uint8Array | undefined): CoapMessage {
  const decoded = datagram && decodeMessage(datagram);
  if (!decoded?.ok) throw new Error('no message');
  return decoded.message;
}

/** Response #1 as a server makes it that takes the nonce of request #1 octet by octet, sealed by hand. */
function answerOf(request: CoapMessage): Uint8Array {
  const value = oscoreValueOf(request);
  const id1 = value?.kidContext && unwrapBytes(value.kidContext);
  if (!id1 || !value?.kid || !value.partialIv) throw new Error('not request #1');
  const key = derived(Buffer.concat([R2, id1]), DEVICE.recipientId, 'Key', 16);
  const nonce = derived(id1, new Uint8Array(0), 'IV', 13);
  // The length of the id, the id (one octet) and the number (one octet, zero) over the common IV.
  nonce[0] = (nonce[0] ?? 0) ^ 1;
  nonce[7] = (nonce[7] ?? 0) ^ (value.kid[0] ?? 0);
  const none = new Uint8Array(0);
  const sealer = createCipheriv('aes-128-ccm', key, nonce, { authTagLength: TAG_BYTES });
  const external = encodeCbor([1, [DEVICE.aead], value.kid, value.partialIv, none]);
  sealer.setAAD(Buffer.from(encodeCbor(['Encrypt0', none, external])), { plaintextLength: 1 });
  const sealed = sealer.update(Uint8Array.of(Code.Unauthorized));
  sealer.final();
  const { messageId, token } = request;
  const options = [option(Option.Oscore, encodeOscoreValue({ kidContext: encodeCbor(R2) }))];
  const payload = Buffer.concat([sealed, sealer.getAuthTag()]);
  return encodeMessage({ type: MessageType.Acknowledgement, code: Code.Changed, messageId, token, options, payload });
}

it('OS-4: an answer without a number has the nonce of its request, though its keys are others', () => {
  const device = new End(DEVICE, 1, { rederive: true, numbers: { next: 0, limit: 0, block: 0 } });
  device.coap.request(End.PEER, { code: Code.Get, options: [option(Option.UriPath, 'a')] }, 0);
  const [first] = device.settle(0, () => undefined);
  const answer = answerOf(read(first));
  device.association.receive(answer, read(answer));
  const [second] = device.settle(0, () => undefined);
  const idContext = unwrapBytes(oscoreValueOf(read(second))?.kidContext ?? new Uint8Array(0));
  expect(idContext).toHaveLength(16);
  expect(idContext?.subarray(0, 8)).toEqual(R2);
});
