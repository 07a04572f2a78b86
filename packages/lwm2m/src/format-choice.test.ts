import { describe, expect, it } from 'vitest';
import { chooseFormat, compositeAccept, compositeCandidates, formatCandidates } from './format-choice.ts';
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

describe('the choice of formats for composite operations', () => {
  it.each([
    ['FM-3: LwM2M 1.1', { enabler: '1.1' }, [112, 110, 322, 320]],
    ['FM-3: LwM2M 1.2', { enabler: '1.2' }, [322, 320, 112, 110]],
    ['what is listed first', { enabler: '1.2', contentFormats: [110, 112] }, [112, 110, 322, 320]],
    ['JSON where that is listed', { enabler: '1.2', contentFormats: [320, 110] }, [320, 110, 322, 112]],
    ['ET-3: values', { enabler: '1.2', writes: 'values' }, [322, 320, 112, 110, 11_544]],
    ['ET-2: removals', { enabler: '1.1', writes: 'removals' }, [322, 320]],
    ['LwM2M 1.0 has none', { enabler: '1.0' }, []],
  ] as const)('%s', (_, question, formats) => expect(compositeCandidates(question)).toEqual(formats));

  it.each([
    [322, [], 112],
    [112, [112, 11_544], 112],
    [322, [322, 11_544], 11_544],
    [320, [], 110],
    [110, [], 110],
  ])('a list in %i of a device that lists %j asks for values in %i', (list, listed, accept) =>
    expect(compositeAccept(list, listed)).toBe(accept),
  );
});
