import { describe, expect, it } from 'vitest';
import { supportOf } from './support.ts';

describe('what a device supports', () => {
  it('is told in words, with what it refused, and without what it did not say', () => {
    expect(supportOf({}, { rootPath: '/', contentFormats: [] })).toEqual({});
    expect(supportOf({}, { rootPath: '/lwm2m', contentFormats: [112, 99], refusedFormats: [322] })).toEqual({
      rootPath: '/lwm2m',
      contentFormats: [
        { format: 112, name: 'SenML CBOR' },
        { format: 99, name: 'format 99' },
      ],
      refusedFormats: [{ format: 322, name: 'SenML-ETCH CBOR' }],
    });
  });
});
