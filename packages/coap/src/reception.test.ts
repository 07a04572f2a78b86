import { describe, expect, it } from 'vitest';
import { Code, code } from './codes.ts';
import { MessageType } from './message.ts';
import { type CoapOption, Option, option } from './options.ts';
import { datagram, Harness, hex, PEER, path } from './testing/harness.ts';

const { Confirmable: CON, NonConfirmable: NON, Acknowledgement: ACK, Reset: RST } = MessageType;
const CRITICAL: CoapOption = { number: 65001, value: hex('') };
const ELECTIVE: CoapOption = { number: 65000, value: hex('') };

describe('messages that belong nowhere (RFC 7252 §4.2, §4.3)', () => {
  const rst = [{ type: RST, code: 0, messageId: 9, token: '', payload: '' }];

  it.each<[string, Uint8Array, typeof rst | []]>([
    ['a ping', datagram({ type: CON, messageId: 9 }), rst],
    ['an empty NON', datagram({ type: NON, messageId: 9 }), []],
    ['a stray ACK', datagram({ type: ACK, messageId: 9 }), []],
    ['a stray RST', datagram({ type: RST, messageId: 9 }), []],
    ['a CON response', datagram({ type: CON, messageId: 9, code: Code.Content, token: '01' }), rst],
    ['a NON response', datagram({ type: NON, messageId: 9, code: Code.Content, token: '01' }), []],
    ['a response in an ACK', datagram({ type: ACK, messageId: 9, code: Code.Content, token: '01' }), []],
    ['a response in a RST', datagram({ type: RST, messageId: 9, code: Code.Content }), []],
    ['a request in an ACK', datagram({ type: ACK, messageId: 9, code: Code.Get }), []],
    ['a request in a RST', datagram({ type: RST, messageId: 9, code: Code.Get }), []],
    ['a CON of class 1', datagram({ type: CON, messageId: 9, code: code(1, 1) }), rst],
    ['a NON of class 1', datagram({ type: NON, messageId: 9, code: code(1, 1) }), []],
    ['a CON of class 6', datagram({ type: CON, messageId: 9, code: code(6, 1) }), rst],
    ['a CON of class 7', datagram({ type: CON, messageId: 9, code: code(7, 1) }), rst],
    ['an ACK of class 7', datagram({ type: ACK, messageId: 9, code: code(7, 1) }), []],
    ['a malformed CON', hex('40010009 ff'), rst],
    ['a malformed NON', hex('50010009 ff'), []],
    ['a malformed ACK', hex('60450009 ff'), []],
    ['a CON with a token of 9', hex('49010009 010203040506070809'), rst],
    ['an empty CON with a token', hex('41000009 01'), rst],
    ['another version', hex('80010009'), []],
    ['half a header', hex('4001'), []],
  ])('%s', (_name, bytes, expected) => {
    const h = new Harness();
    expect(h.receive(bytes, 0).sent()).toEqual(expected);
    expect(h.take('request')).toEqual([]);
    expect(h.core.sizes().peers).toBe(0);
  });

  it('say what was wrong and where', () => {
    const h = new Harness();
    h.receive(hex('40010009 ff'), 0);
    expect(h.only('refused')).toMatchObject({
      peer: PEER,
      reason: 'format',
      detail: expect.stringContaining('byte 4'),
    });
  });
});

describe('CO-7: an unknown critical option (RFC 7252 §5.4.1)', () => {
  it('in a CON request gets 4.02, again for a duplicate', () => {
    const h = new Harness();
    const bytes = datagram({ code: Code.Post, messageId: 3, token: '0a', options: [CRITICAL] });
    h.receive(bytes, 0).receive(bytes, 1);
    const bad = { type: ACK, code: Code.BadOption, messageId: 3, token: '0a', payload: '' };
    expect(h.sent()).toEqual([bad, bad]);
    expect(h.take('request')).toEqual([]);
    expect(h.take('refused')).toMatchObject([{ reason: 'critical-option' }, { reason: 'critical-option' }]);
  });

  it('in a NON request gets silence', () => {
    const h = new Harness();
    h.receive(datagram({ type: NON, code: Code.Post, options: [CRITICAL] }), 0);
    expect(h.effects()).toMatchObject([{ kind: 'refused', reason: 'critical-option' }]);
  });

  it.each([CON, NON])('in a response of type %i gets a RST, and the request goes on', (type) => {
    const h = new Harness();
    h.core.request(PEER, { code: Code.Get, token: hex('01') }, 0);
    h.sent();
    h.receive(datagram({ type, code: Code.Content, messageId: 3, token: '01', options: [CRITICAL] }), 0);
    expect(h.sent()).toMatchObject([{ type: RST, messageId: 3 }]);
    expect(h.take('outcome')).toEqual([]);
    expect(h.run(0, 2_000)).toEqual([2_000]);
  });

  it('in a piggybacked response is as if the response were lost', () => {
    const h = new Harness();
    h.core.request(PEER, { code: Code.Get, token: hex('01') }, 0);
    h.sent();
    h.receive(datagram({ type: ACK, code: Code.Content, token: '01', options: [CRITICAL] }), 0);
    expect(h.effects()).toMatchObject([{ kind: 'refused', reason: 'critical-option' }]);
    expect(h.run(0, 2_000)).toEqual([2_000]);
  });

  it('is not an unknown elective one', () => {
    const h = new Harness();
    h.receive(datagram({ code: Code.Get, options: [...path('/a'), ELECTIVE] }), 0);
    expect(h.take('request')).toHaveLength(1);
  });
});

describe('what this core does not do', () => {
  const block = (definition: typeof Option.Block1 | typeof Option.Block2, value: number) => [
    ...path('/rd'),
    option(definition, value),
  ];

  it.each<[string, CoapOption[], number | undefined]>([
    ['Block1 with more to come', block(Option.Block1, 0x0e), Code.BadOption],
    ['a later Block1', block(Option.Block1, 0x16), Code.BadOption],
    ['Block1 with the reserved size', block(Option.Block1, 0x07), Code.BadOption],
    ['a whole body in one Block1', block(Option.Block1, 0x06), undefined],
    ['a later Block2', block(Option.Block2, 0x16), Code.BadOption],
    ['Block2 with the reserved size', block(Option.Block2, 0x07), Code.BadOption],
    ['a wish for the size of Block2', block(Option.Block2, 0x06), undefined],
    ['a proxy by URI', [option(Option.ProxyUri, 'coap://elsewhere')], Code.ProxyingNotSupported],
    ['a proxy by scheme', [option(Option.ProxyScheme, 'coap')], Code.ProxyingNotSupported],
  ])('%s', (_name, options, answer) => {
    const h = new Harness();
    h.receive(datagram({ code: Code.Post, messageId: 3, options, payload: 'x' }), 0);
    expect(h.sent().map((message) => message.code)).toEqual(answer === undefined ? [] : [answer]);
    expect(h.take('refused')).toHaveLength(answer === undefined ? 0 : 1);
    expect(h.take('request')).toHaveLength(answer === undefined ? 1 : 0);
  });

  it('says of a block-wise transfer that it is not supported', () => {
    const h = new Harness();
    h.receive(datagram({ code: Code.Post, options: block(Option.Block1, 0x0e) }), 0);
    expect(h.only('refused')).toMatchObject({ reason: 'block-wise', detail: expect.stringContaining('Block1') });
  });

  it('takes no message over the size limit', () => {
    const h = new Harness();
    const payload = 'x'.repeat(1152);
    h.receive(datagram({ code: Code.Post, messageId: 3, payload }), 0);
    h.receive(datagram({ type: CON, code: Code.Content, messageId: 4, payload }), 0);
    expect(h.sent()).toMatchObject([
      { type: ACK, code: Code.RequestEntityTooLarge },
      { type: RST, messageId: 4 },
    ]);
    expect(h.take('refused')).toMatchObject([{ reason: 'messageBytes' }, { reason: 'messageBytes' }]);
  });
});
