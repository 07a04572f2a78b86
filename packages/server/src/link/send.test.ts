import { Code, Option, option } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { asRecords } from './columns.ts';
import { EPOCH, LABEL, path, registrationId, TestOwner } from './test-owner.ts';

const JSON_FORMAT = 110;
const TLV = 11542;

describe('a Send', () => {
  const REAL = '</>;rt="oma.lwm2m";ct="112",</1/0>,</3/0>,</6/0>';
  const json = (records: unknown) => Buffer.from(JSON.stringify(records));
  const sendRequest = (payload: Uint8Array, format: number | null = JSON_FORMAT) => ({
    code: Code.Post,
    options: [...path('dp'), ...(format === null ? [] : [option(Option.ContentFormat, format)])],
    payload,
  });
  const connected = (offer = REAL) => {
    const test = new TestOwner();
    const device = test.connect();
    test.register(device, { query: ['ep=truck-1', 'lt=300', 'lwm2m=1.2'], offer });
    return { test, device };
  };

  it('IR-1, SM-3: is told with every time that it names, and answered by the capability', () => {
    const { test, device } = connected();
    const pack = [
      { bn: '/3/0/9', bt: 1_700_000_000, v: 80 },
      { t: 60, v: 79 },
      { bn: '/6/0/', n: '0', t: 60, v: 39.5 },
    ];
    test.send(device, sendRequest(json(pack)));
    const message = test.last('send');
    expect(message).toMatchObject({ registrationId, at: EPOCH, session: { identity: LABEL } });
    expect(message.body).toEqual({
      kind: 'records',
      truncated: false,
      records: [
        { path: '/3/0/9', stored: { type: 'integer', value: 80 }, time: 1_700_000_000_000 },
        { path: '/3/0/9', stored: { type: 'integer', value: 79 }, time: 1_700_000_060_000 },
        { path: '/6/0/0', stored: { type: 'float', value: 39.5 }, time: 1_700_000_060_000 },
      ],
    });
    expect(device.responses.map(({ code }) => code)).not.toContain(Code.Changed);
    test.answer(message.exchange, Code.Changed);
    expect(device.responses.at(-1)?.code).toBe(Code.Changed);
  });

  it.each([
    [112, '81a20065332f302f39021850', 'SenML CBOR without a slash', Code.BadRequest],
    [112, '81a200662f332f302f39021850', 'SenML CBOR', undefined],
    [11_544, 'a1830300091850', 'LwM2M CBOR', undefined],
    [TLV, 'c10950', 'TLV', Code.UnsupportedContentFormat],
    [0, '3830', 'text', Code.UnsupportedContentFormat],
    [null, '3830', 'nothing that says what it is', Code.UnsupportedContentFormat],
    [112, '80', 'an empty pack', Code.BadRequest],
    [112, '81', 'a broken pack', Code.BadRequest],
    [112, '81a200642f332f30021850', 'a value of an instance', Code.BadRequest],
    [112, '81a100662f332f302f39', 'a name without a value', Code.BadRequest],
    [112, '81a200662f352f302f33021850', 'an object that is not registered', Code.NotFound],
  ])('§4.1: in format %s (%s: %s)', (format, payload, _, code) => {
    const { test, device } = connected();
    test.send(device, sendRequest(Buffer.from(payload, 'hex'), format));
    if (code === undefined) {
      expect(asRecords(test.last('send').body).records).toEqual([
        { path: '/3/0/9', stored: { type: 'integer', value: 80 } },
      ]);
    } else {
      expect(test.of('send')).toEqual([]);
      expect(device.responses.at(-1)?.code).toBe(code);
      expect(test.last('refused')).toMatchObject({ check: 'malformed', detail: expect.stringMatching(/^Send: /) });
    }
  });

  it('of a form that came before is told as columns, if it is of objects that are registered', () => {
    const { test, device } = connected();
    const pack = (hex: string) => test.send(device, sendRequest(Buffer.from(hex, 'hex'), 112));
    pack('81a200662f332f302f39021850');
    expect(test.last('send').body.kind).toBe('records');
    test.answer(test.last('send').exchange, Code.Changed);
    pack('81a200662f332f302f39021851');
    expect(test.last('send').body).toMatchObject({
      kind: 'columns',
      form: { paths: ['/3/0/9'], types: ['integer'] },
      values: [81],
    });
    test.answer(test.last('send').exchange, Code.Changed);
    test.register(device, { offer: '</>;ct="112",</1/0>' });
    pack('81a200662f332f302f39021852');
    expect(test.of('send')).toHaveLength(2);
    expect(device.responses.at(-1)?.code).toBe(Code.NotFound);
  });

  it('RG-3: has the alternate path in its names', () => {
    const { test, device } = connected('</x>;rt="oma.lwm2m",</x/3/0>');
    test.send(device, sendRequest(json([{ n: '/x/3/0/9', v: 80 }])));
    expect(asRecords(test.last('send').body).records[0]?.path).toBe('/3/0/9');
  });

  it('IR-3: is 4.04 before a registration, and 4.05 with another method', () => {
    const test = new TestOwner();
    const device = test.connect();
    test.send(device, sendRequest(json([{ n: '/3/0/9', v: 80 }])));
    expect(device.responses.at(-1)?.code).toBe(Code.NotFound);
    expect(test.last('refused').check).toBe('stale-registration');
    test.send(device, { ...sendRequest(json([])), code: Code.Put });
    expect(device.responses.at(-1)?.code).toBe(Code.MethodNotAllowed);
    test.register(device, { offer: REAL });
    test.send(device, sendRequest(json([{ n: '/3/0/9', v: 80 }])));
    expect(test.of('send')).toHaveLength(1);
  });
});
