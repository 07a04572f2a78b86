import { describe, expect, it } from 'vitest';
import { Models } from '../telemetry/models.ts';
import { layoutFault, readPayload } from './layout.ts';

const models = new Models();
const read = (fields: Parameters<typeof layoutFault>[0]['fields'], hex: string) =>
  readPayload({ name: 'tank', fields }, Buffer.from(hex, 'hex'), models);

describe('a payload', () => {
  it('is read field by field, from the most significant bit on', () => {
    const fields = [
      { path: '/3/0/9', bits: 7 },
      { path: '/3330/0/5700', bits: 12, encoding: 'signed', scale: 0.5, offset: -3 },
      { bits: 4 },
      { path: '/3342/0/5500', bits: 1, encoding: 'boolean' },
      { path: '/33000/0/1', bits: 8 },
    ] as const;
    // 1010000 111111111110 0110 1 01111111: 80, -2 × 0.5 - 3, skipped, true, 127
    expect(read([...fields], 'a1ffcd7f')).toEqual([
      { path: '/3/0/9', stored: { type: 'integer', value: 80 } },
      { path: '/3330/0/5700', stored: { type: 'float', value: -4 } },
      { path: '/3342/0/5500', stored: { type: 'boolean', value: true } },
      { path: '/33000/0/1', stored: { type: 'integer', value: 127 } },
    ]);
  });

  it('may hold a float of 32 bits (IEEE 754), and end within an octet', () => {
    const fields = [{ path: '/33000/0/1', bits: 32, encoding: 'float' } as const, { path: '/33000/0/2', bits: 3 }];
    expect(read(fields, '41480000a0')).toEqual([
      { path: '/33000/0/1', stored: { type: 'float', value: 12.5 } },
      { path: '/33000/0/2', stored: { type: 'integer', value: 5 } },
    ]);
  });

  it('is refused at any other length, and with a value that its resource does not take', () => {
    const fields = [{ path: '/3/0/9', bits: 16 }];
    expect(read(fields, '50')).toBe('the layout tank has 2 octets, the frame 1');
    expect(read(fields, '000050')).toBe('the layout tank has 2 octets, the frame 3');
    expect(read(fields, '0065')).toBe('/3/0/9 takes 0 to 100, not 101');
  });
});

it('finds what is wrong with a layout', () => {
  expect(layoutFault({ fields: [{ bits: 48 }] })).toBeUndefined();
  expect(layoutFault({ fields: [{ bits: 48 }, { bits: 1 }] })?.message).toBe('needs 7 octets; a frame carries 6');
  expect(layoutFault({ fields: [{ bits: 1 }, { bits: 2, encoding: 'boolean' }] })?.field).toBe(1);
  expect(layoutFault({ fields: [{ bits: 31, encoding: 'float' }] })?.field).toBe(0);
  expect(layoutFault({ fields: [{ bits: 1, encoding: 'signed' }] })?.field).toBe(0);
  const path = '/3/0/9';
  expect(
    layoutFault({
      fields: [
        { bits: 7, path },
        { bits: 7, path },
      ],
    })?.field,
  ).toBe(1);
});
