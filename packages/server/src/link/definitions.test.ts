import { type CoapMessage, Code, MessageType } from '@reeve/coap';
import { ContentFormat, encodeContent, parsePath, ROOT_PATH, type Value } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import type { RegistrationId } from '../ids.ts';
import { Decoder } from './decoder.ts';
import { formatsOf } from './encoder.ts';

const notation = (version: string, type: string) => `/32770 Pump; multiple\n${version}\n0 R ${type} Pressure`;

/** Two registered devices with different versions of the same object. */
function open() {
  const decoder = new Decoder();
  const device = (id: string, version: string) =>
    decoder.register({
      registrationId: id as RegistrationId,
      version: '1.1',
      offer: { rootPath: '/', contentFormats: [], objects: [{ objectId: 32_770, version, instances: [0] }] },
    });
  return { decoder, older: device('a', '1.0'), newer: device('b', '2.0') };
}

/** By default as one byte of TLV, which has no types of its own. */
function answer(value: Value = { type: 'integer', value: 42 }, format: number = ContentFormat.tlv): CoapMessage {
  const path = parsePath('/32770/0') ?? ROOT_PATH;
  const records = [{ path: parsePath('/32770/0/0') ?? ROOT_PATH, value }];
  const encoded = encodeContent({ format, path, records });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  return {
    type: MessageType.Acknowledgement,
    code: Code.Content,
    messageId: 1,
    token: new Uint8Array(),
    options: [{ number: 12, value: Uint8Array.of(format >> 8, format & 0xff) }],
    payload: encoded.bytes,
  };
}

describe('definitions that the link is told', () => {
  it('type the values of devices that are registered already, by the version of each', () => {
    const { decoder, older, newer } = open();
    const read = (registered: typeof older) => decoder.decode(registered, '/32770/0', answer(), 0, false);
    expect(read(older)).toMatchObject({ records: [{ stored: { type: 'opaque' } }] });
    decoder.learn({
      kind: 'definitions',
      added: [notation('1.0', 'integer'), notation('2.0', 'boolean')],
      removed: [],
    });
    expect(read(older)).toMatchObject({ records: [{ stored: { type: 'integer', value: 42 } }] });
    expect(read(newer)).not.toMatchObject({ records: [{ stored: { type: 'integer' } }] });
    decoder.learn({ kind: 'definitions', added: [], removed: [{ objectId: 32_770, version: '1.0' }] });
    expect(read(older)).toMatchObject({ records: [{ stored: { type: 'opaque' } }] });
  });

  it('type what came in the same form before', () => {
    const { decoder, older } = open();
    const told = answer({ type: 'integer', value: 42 }, ContentFormat.senmlCbor);
    const read = () => decoder.decode(older, '/32770/0', told, 0, false);
    const typed = (type: string) => ({ records: [{ stored: { type, value: 42 } }] });
    for (const _ of [1, 2]) expect(read()).toMatchObject(typed('integer'));
    decoder.learn({ kind: 'definitions', added: [notation('1.0', 'float')], removed: [] });
    for (const _ of [1, 2]) expect(read()).toMatchObject(typed('float'));
    decoder.learn({ kind: 'definitions', added: [], removed: [{ objectId: 32_770, version: '1.0' }] });
    for (const _ of [1, 2]) expect(read()).toMatchObject(typed('integer'));
  });

  it('decide in which formats a single value is asked for', () => {
    const { decoder, older } = open();
    const formats = () => formatsOf({ kind: 'read', path: '/32770/0/0' }, older);
    expect(formats()[0]).not.toBe(ContentFormat.opaque);
    decoder.learn({ kind: 'definitions', added: [notation('1.0', 'opaque')], removed: [] });
    expect(formats()[0]).toBe(ContentFormat.opaque);
  });
});
