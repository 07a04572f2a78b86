import { describe, expect, it } from 'vitest';
import { chooseFormat, formatCandidates } from './format-choice.ts';
import { path } from './path.ts';

describe('the choice of a content format', () => {
  it.each([
    ['a single resource', { path: path(3, 0, 9), enabler: '1.0', type: 'integer' }, 0],
    ['an opaque resource', { path: path(0, 0, 3), enabler: '1.1', type: 'opaque' }, 42],
    ['a resource instance', { path: path(3, 0, 6, 1), enabler: '1.1', type: 'integer', multiple: true }, 0],
    ['a multiple resource', { path: path(3, 0, 6), enabler: '1.1', type: 'integer', multiple: true }, 112],
    ['an unknown resource', { path: path(9999, 0, 1), enabler: '1.2' }, 112],
    ['an unknown resource in 1.0', { path: path(9999, 0, 1), enabler: '1.0' }, 11_542],
    ['an instance in 1.0', { path: path(6, 0), enabler: '1.0' }, 11_542],
    ['an instance in 1.1', { path: path(6, 0), enabler: '1.1' }, 112],
    ['FM-2: a device that lists JSON', { path: path(6, 0), enabler: '1.1', contentFormats: [60, 110] }, 110],
    ['a device that lists only TLV', { path: path(6, 0), enabler: '1.2', contentFormats: [11_542] }, 11_542],
    ['FM-2: a device that lists LwM2M CBOR', { path: path(6, 0), enabler: '1.2', contentFormats: [11_544] }, 11_544],
    ['a device that lists nothing useful', { path: path(6, 0), enabler: '1.1', contentFormats: [11_544] }, 112],
    ['SM-6: an instance for the device to number', { path: path(5), enabler: '1.1', unnumbered: true }, 11_542],
    ['LC-2: the same in 1.2', { path: path(5), enabler: '1.2', unnumbered: true }, 11_544],
  ] as const)('%s', (_, question, format) => expect(chooseFormat(question)).toBe(format));

  it('P34: has others to try after a refusal, each once', () => {
    expect(formatCandidates({ path: path(6, 0), enabler: '1.1', contentFormats: [11_542] })).toEqual([
      11_542, 112, 110,
    ]);
  });
});
