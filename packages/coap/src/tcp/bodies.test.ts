import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../codec.ts';
import { Code } from '../codes.ts';
import { CoapEndpoint } from '../endpoint.ts';
import { MessageType } from '../message.ts';
import { BERT, encodeBlock, Option, option } from '../options.ts';
import { path, predictableRandom } from '../testing/harness.ts';

import { BLOCKWISE_CSM, bytes, CSM, NOTHING, PEER, Wire } from './testing.ts';

describe('bodies over a connection', () => {
  it('go whole when the peer takes so much', () => {
    const wire = new Wire('40 e1 22 8000 20');
    wire.endpoint.request(PEER, { code: Code.Put, payload: bytes(20_000) }, 0);
    expect(wire.message()).toMatchObject({ options: [], payload: bytes(20_000) });
  });

  it('go in parts when it takes less and says that it puts parts together', () => {
    const wire = new Wire(BLOCKWISE_CSM);
    wire.endpoint.request(PEER, { code: Code.Put, payload: bytes(2_000) }, 0);
    const first = wire.message();
    expect(first.payload).toEqual(bytes(1_024));
    wire.receive({
      code: Code.Continue,
      token: first.token,
      options: [option(Option.Block1, encodeBlock({ num: 0, more: true, szx: 6 }))],
    });
    expect(wire.message().payload).toEqual(bytes(2_000).subarray(1_024));
  });

  it('go in parts as small as the messages that it takes', () => {
    const wire = new Wire('30 e1 21 c8 20');
    wire.endpoint.request(PEER, { code: Code.Put, options: path('/5/0/0'), payload: bytes(200) }, 0);
    expect(wire.message().payload).toEqual(bytes(64));
  });

  it('do not go when they are too long for a peer that does not put parts together', () => {
    const wire = new Wire(CSM);
    wire.endpoint.request(PEER, { code: Code.Put, payload: bytes(2_000) }, 0);
    expect(wire.only('outcome')).toMatchObject({ outcome: { kind: 'refused', reason: 'messageBytes' } });
    wire.receive({ code: Code.Get });
    wire.endpoint.respond(wire.only('request').exchange, { code: Code.Content, payload: bytes(2_000) }, 0);
    expect(wire.message()).toMatchObject({ code: Code.InternalServerError });
  });

  it('TC-3: come in parts of several blocks at once', () => {
    const wire = new Wire(BLOCKWISE_CSM);
    const block = (num: number, more: boolean) => [option(Option.Block1, encodeBlock({ num, more, szx: BERT }))];
    wire.receive({ code: Code.Post, options: block(0, true), payload: bytes(3_072) });
    expect(wire.message()).toMatchObject({ code: Code.Continue, options: block(0, true) });
    wire.receive({ code: Code.Post, options: block(3, false), payload: bytes(100) });
    expect(wire.only('request').message.payload).toEqual(Uint8Array.from([...bytes(3_072), ...bytes(100)]));
  });

  it('TC-3: are fetched from a peer that sends several blocks at once', () => {
    const wire = new Wire(BLOCKWISE_CSM);
    wire.endpoint.request(PEER, { code: Code.Get }, 0);
    const block = (num: number, more: boolean) => [option(Option.Block2, encodeBlock({ num, more, szx: BERT }))];
    wire.receive({ code: Code.Content, token: wire.message().token, options: block(0, true), payload: bytes(2_048) });
    const next = wire.message();
    expect(next.options).toEqual(block(2, false));
    wire.receive({ code: Code.Content, token: next.token, options: block(2, false), payload: bytes(10) });
    const { outcome } = wire.only('outcome');
    expect(outcome.kind === 'response' && outcome.message.payload.length).toBe(2_058);
  });

  it('TC-3: have no such part in a datagram', () => {
    const endpoint = new CoapEndpoint({ random: predictableRandom() });
    const options = [option(Option.Block1, encodeBlock({ num: 0, more: true, szx: BERT }))];
    const spec = { type: MessageType.Confirmable, code: Code.Post, messageId: 1, token: NOTHING, options };
    endpoint.receive(PEER, encodeMessage({ ...spec, payload: bytes(1_024) }), 0);
    const [sent] = endpoint.drain().filter(({ kind }) => kind === 'send');
    expect(sent?.kind === 'send' && sent.datagram[1]).toBe(Code.BadRequest);
  });
});
