import { Code, encodeMessage, MessageType } from '@reeve/coap';
import { ContentFormat, encodeContent, parsePath, type Value } from '@reeve/lwm2m';
import { describe, expect, it } from 'vitest';
import { Models } from '../telemetry/models.ts';
import { traceLine } from './trace.ts';

function line(values: Readonly<Record<string, Value>>, cut = 0): string {
  const records = Object.entries(values).map(([text, value]) => ({ path: pathOf(text), value }));
  const encoded = encodeContent({ format: ContentFormat.senmlCbor, path: pathOf('/'), records });
  if (!encoded.ok) throw new Error(encoded.error.detail);
  const payload = encoded.bytes.subarray(0, encoded.bytes.length - cut);
  const options = [{ number: 12, value: Uint8Array.of(ContentFormat.senmlCbor) }];
  const token = Uint8Array.of(0xab);
  return traceLine(
    encodeMessage({ type: MessageType.NonConfirmable, code: Code.Content, messageId: 7, token, options, payload }),
    new Models(),
    'in',
  );
}

function pathOf(text: string) {
  const path = parsePath(text);
  if (!path) throw new Error(text);
  return path;
}

describe('a traced message in SenML CBOR', () => {
  it('shows its values by their paths', () => {
    const text = line({
      '/3/0/0': { type: 'string', value: 'Reeve\u001b[31m' },
      '/3/0/9': { type: 'integer', value: 80 },
      '/6/0/0': { type: 'float', value: 39.5 },
    });
    expect(text).toBe('NON mid=7 token=ab 2.05 format=112 /3/0/0="Reeve\\u001b[31m" /3/0/9="80 %" /6/0/0="39.5"');
  });

  it('shows its bytes when it cannot be read', () => {
    expect(line({ '/3/0/9': { type: 'integer', value: 80 } }, 1)).toMatch(/format=112 hex:[0-9a-f]+$/);
  });

  it('is cut when it is long', () => {
    const value = { type: 'string', value: 'x'.repeat(1000) } as const;
    expect(line({ '/3/0/0': value }).length).toBeLessThan(500);
  });
});

describe('a traced message', () => {
  const payload = Buffer.from('hunter2!');
  const request = (code: number) =>
    encodeMessage({
      ...{ type: MessageType.Confirmable, code, messageId: 7, token: Uint8Array.of(0xab), payload },
      options: [{ number: 11, value: Buffer.from('5') }],
    });

  it.each([
    ['PUT', Code.Put],
    ['POST', Code.Post],
    ['iPATCH', Code.Ipatch],
  ])('that writes to a device by %s tells how much, and not what', (name, code) => {
    expect(traceLine(request(code), new Models(), 'out')).toBe(`CON mid=7 token=ab ${name} /5 (8 bytes)`);
  });

  it('that answers a device, as a Bootstrap-Pack with its keys, tells how much, and not what', () => {
    expect(traceLine(request(Code.Content), new Models(), 'out')).toBe('CON mid=7 token=ab 2.05 (8 bytes)');
    expect(traceLine(request(Code.Content), new Models(), 'in')).toContain('"hunter2!"');
  });

  it('shows what is asked for, and what a device says', () => {
    expect(traceLine(request(Code.Fetch), new Models(), 'out')).toContain('"hunter2!"');
    expect(traceLine(request(Code.Post), new Models(), 'in')).toContain('"hunter2!"');
  });
});
