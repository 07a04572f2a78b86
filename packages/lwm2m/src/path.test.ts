import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isPrefixOf, join, level, PathLevel, parent, parsePath, path, ROOT_PATH, segments } from './path.ts';

describe('parsePath', () => {
  it.each(['/', '/3', '/3/0', '/3/0/9', '/65534/65534/65534/65534'])('reads %s', (text) => {
    expect(parsePath(text)).toBe(text);
  });

  it.each([
    '',
    '3',
    '//',
    '/3/',
    '/3//9',
    '/03',
    '/00',
    '/65535',
    '/3/65535',
    '/1/2/3/4/5',
    '/-1',
    '/a',
    '/3/0/9 ',
    '/1e1',
  ])('refuses %j', (text) => expect(parsePath(text)).toBeUndefined());

  it('gives back the ids of any path', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 65_534 }), { minLength: 1, maxLength: 4 }), (ids) => {
        const made = path(...ids);
        expect(segments(made)).toEqual(ids);
        expect(level(made)).toBe(ids.length);
        expect(join(parent(made), ids.at(-1) ?? 0)).toBe(made);
        expect(isPrefixOf(parent(made), made)).toBe(true);
        expect(isPrefixOf(made, parent(made))).toBe(false);
      }),
    );
  });
});

describe('paths', () => {
  it('has the root above all', () => {
    expect(segments(ROOT_PATH)).toEqual([]);
    expect(level(ROOT_PATH)).toBe(PathLevel.root);
    expect(parent(ROOT_PATH)).toBe(ROOT_PATH);
    expect(isPrefixOf(ROOT_PATH, path(3))).toBe(true);
  });

  it('does not take /3 for a prefix of /31', () => {
    expect(isPrefixOf(path(3), path(31))).toBe(false);
    expect(isPrefixOf(path(3), path(3))).toBe(true);
  });

  it('refuses to join beyond the resource instance', () => {
    expect(join(path(3, 0, 6), 1)).toBe('/3/0/6/1');
    expect(join(path(3, 0, 6, 1), 0)).toBeUndefined();
    expect(join(path(3), 65_535)).toBeUndefined();
    expect(() => path(65_535)).toThrow(RangeError);
  });
});
