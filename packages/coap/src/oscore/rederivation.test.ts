import { createCipheriv, hkdfSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { type CoapMessage, MessageType } from '../message.ts';
import { Option, option } from '../options.ts';
import { hex, path } from '../testing/harness.ts';
import { oscoreLimits } from './bindings.ts';
import { encodeCbor, unwrapBytes } from './cbor.ts';
import { encodeOscoreValue } from './option-value.ts';
import { oscoreValueOf } from './protection.ts';
import { DEVICE, End, faults, get, Line, line, outcomes, read, SERVER } from './testing.ts';

const R2 = hex('1122334455667788');
const TAG_BYTES = 8;

/** What a key derivation comes to (RFC 8613 §3.2.1). */
function derived(idContext: Uint8Array, id: Uint8Array, type: 'Key' | 'IV', length: number): Uint8Array {
  const { masterSecret, masterSalt, aead } = DEVICE;
  const info = encodeCbor([id, idContext, aead, type, length]);
  return new Uint8Array(hkdfSync('sha256', masterSecret, masterSalt, info, length));
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

describe('OS-4: keys derived anew (RFC 8613 Appendix B.2)', () => {
  const rederive = { rederive: true, numbers: { next: 0, limit: 0, block: 0 } };

  it('takes two exchanges, and the request is done once', () => {
    const l = line(rederive, { received: 'unknown' });
    get(l.device, 'a');
    l.run();
    get(l.device, 'b');
    l.run();
    get(l.server, 'c');
    l.run();
    expect(outcomes(l.device)).toEqual(['2.05 a', '2.05 b']);
    expect(outcomes(l.server)).toEqual(['2.05 c']);
    expect(l.server.received).toHaveLength(2);
    const contexts = l.wire.map(({ datagram }) => oscoreValueOf(read(datagram))?.kidContext?.length);
    // ID1, R2, R2 || R3, each with the byte that makes it a CBOR byte string.
    expect(contexts).toEqual([9, 9, 17, undefined, undefined, undefined, undefined, undefined]);
    const [, first] = l.wire;
    expect(first && read(first.datagram).code).toBe(Code.Changed);
  });

  it('survives losses at every point', () => {
    for (let lost = 0; lost < 4; lost++) {
      const l = line(rederive, { received: 'unknown' });
      l.lose = (index) => index === lost;
      get(l.device, 'a');
      l.pass(60_000);
      expect(outcomes(l.device), `without datagram ${lost}`).toEqual(['2.05 a']);
      expect(l.server.received).toHaveLength(1);
    }
  });

  it('does nothing under the new keys until they are stored', () => {
    const l = line(rederive, { received: 'unknown' });
    l.server.grants = false;
    get(l.device, 'a');
    l.run();
    expect(l.server.received).toEqual([]);
    const [reserve] = l.server.effects;
    if (reserve?.kind !== 'reserve') throw new Error('no reservation');
    expect(reserve.idContext).toHaveLength(16);
    // Numbers of former keys are none of the new ones.
    l.server.association.reserved(1000);
    l.run();
    expect(l.server.received).toEqual([]);
    l.server.association.reserved(reserve.upTo, reserve.idContext);
    l.run();
    expect(outcomes(l.device)).toEqual(['2.05 a']);
  });

  it('holds no more than so many messages until then, however many come', () => {
    const l = line(rederive, { received: 'unknown' });
    l.server.grants = false;
    get(l.device, 'a');
    l.run();
    const [reserve] = l.server.effects;
    if (reserve?.kind !== 'reserve') throw new Error('no reservation');
    for (let i = 0; i < 2 * oscoreLimits.held; i++) {
      const message = { type: MessageType.NonConfirmable, code: Code.Get, messageId: i, token: Uint8Array.of(i) };
      l.device.association.send(encodeMessage({ ...message, options: path('x'), payload: hex('') }));
    }
    l.run();
    expect(faults(l.server)).toEqual(Array.from({ length: oscoreLimits.held + 1 }, () => 'exhausted'));
    l.server.association.reserved(reserve.upTo, reserve.idContext);
    l.run();
    expect(l.server.received).toHaveLength(oscoreLimits.held);
    get(l.device, 'b', l.now);
    l.run();
    expect(outcomes(l.device)).toContain('2.05 b');
  });

  it('goes on after a restart of the server with the keys that it stored', () => {
    const l = line(rederive);
    get(l.device, 'a');
    l.run();
    const [reserve] = l.server.effects;
    if (reserve?.kind !== 'reserve' || !reserve.idContext) throw new Error('no reservation');
    const numbers = { next: 16, limit: 32, block: 16 };
    l.server = new End(SERVER, 3, { idContext: reserve.idContext, numbers, received: 'unknown' });
    get(l.device, 'b', l.now);
    l.run();
    expect(outcomes(l.device)).toEqual(['2.05 a', '2.05 b']);
  });

  it('begins again when the server has lost the keys', () => {
    const l = line(rederive);
    get(l.device, 'a');
    l.run();
    l.server = new End(SERVER, 3, { received: 'unknown' });
    get(l.device, 'b', l.now);
    l.run();
    expect(outcomes(l.device)).toEqual(['2.05 a', '2.05 b']);
    expect(faults(l.device)).toEqual(['unprotected']);
  });

  it('makes nothing of replays of its messages', () => {
    const l = line(rederive);
    get(l.device, 'a');
    l.run();
    const replays = l.wire.flatMap(({ from, datagram }) => (from === 'device' ? [datagram] : []));
    for (const server of [l.server, new End(SERVER, 3)]) {
      const before = server.received.length;
      for (const datagram of [...replays, ...replays]) Line.arrive(server, Uint8Array.of(...datagram));
      server.settle(0, () => undefined);
      expect(server.received).toHaveLength(before);
    }
  });
});
