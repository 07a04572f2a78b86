import { describe, expect, it } from 'vitest';
import { LIMITS } from './limits.ts';
import { discoveredNodes, formatLinks, linkParam, parseLinks, parseRegistrationObjects } from './link-format.ts';
import { path } from './path.ts';
import { prefixes, utf8 } from './testing.ts';

type Vector = readonly [name: string, text: string, links: readonly (readonly [string, Record<string, string>])[]];

const VECTORS: readonly Vector[] = [
  [
    'P19: bootstrap discovery with a space and a trailing slash',
    '</>;lwm2m=1.1,</0/0>;ssid=101;uri="coaps://server_1.example.com", </0/1/>, </0/2>;ssid=102;uri="coaps://server_2.example.com"',
    [
      ['/', { lwm2m: '1.1' }],
      ['/0/0', { ssid: '101', uri: 'coaps://server_1.example.com' }],
      ['/0/1', {}],
      ['/0/2', { ssid: '102', uri: 'coaps://server_2.example.com' }],
    ],
  ],
  [
    'LF-1: a version without its link',
    'lwm2m=1.0,</0/0>;ssid=101,</0/1/>,</0/2>;ssid=102',
    [
      ['/', { lwm2m: '1.0' }],
      ['/0/0', { ssid: '101' }],
      ['/0/1', {}],
      ['/0/2', { ssid: '102' }],
    ],
  ],
  [
    'bootstrap discovery of 1.2',
    '</>;lwm2m=1.2,</0/0>;ssid=101;uri="coaps://server_1.example.com",</0/1>,</21/0>;ssid=101,</24/1>,</23/65>',
    [
      ['/', { lwm2m: '1.2' }],
      ['/0/0', { ssid: '101', uri: 'coaps://server_1.example.com' }],
      ['/0/1', {}],
      ['/21/0', { ssid: '101' }],
      ['/24/1', {}],
      ['/23/65', {}],
    ],
  ],
  [
    'RG-2: a quoted list of content formats',
    '</>;ct="110 112 60", </1/0>,</1/1>,</3/0>,</5>',
    [
      ['/', { ct: '110 112 60' }],
      ['/1/0', {}],
      ['/1/1', {}],
      ['/3/0', {}],
      ['/5', {}],
    ],
  ],
  [
    'RG-3: an alternate path',
    '</lwm2m>;rt="oma.lwm2m", </lwm2m/1/0>,</lwm2m/3/0>,</lwm2m/5>',
    [
      ['/lwm2m', { rt: 'oma.lwm2m' }],
      ['/lwm2m/1/0', {}],
      ['/lwm2m/3/0', {}],
      ['/lwm2m/5', {}],
    ],
  ],
  [
    'RG-4: object versions',
    '</1>;ver=1.0,</1/0>,</1/1>,</3/0>,</44/0>;ver=2.2',
    [
      ['/1', { ver: '1.0' }],
      ['/1/0', {}],
      ['/1/1', {}],
      ['/3/0', {}],
      ['/44/0', { ver: '2.2' }],
    ],
  ],
  [
    'attributes',
    '</3/0/7>;dim=2;pmin=10;pmax=60;gt=50;lt=42.2, </3/0/7/0>, </3/0/7/1>;lt=45',
    [
      ['/3/0/7', { dim: '2', pmin: '10', pmax: '60', gt: '50', lt: '42.2' }],
      ['/3/0/7/0', {}],
      ['/3/0/7/1', { lt: '45' }],
    ],
  ],
];

/** The one way in which our encoder writes what a device wrote in another. */
function canonical(text: string): string {
  return text
    .replace(/, +/g, ',')
    .replace(/(?<!<)\/>/g, '>')
    .replace(/^lwm2m/, '</>;lwm2m');
}

describe('links', () => {
  it.each(VECTORS)('%s, both ways', (_, text, expected) => {
    const parsed = parseLinks(text);
    if (!parsed.ok) throw new Error(parsed.error.detail);
    expect(parsed.links.map(({ target, params }) => [target, Object.fromEntries(params)])).toEqual(expected);
    expect(formatLinks(parsed.links)).toBe(canonical(text));
  });

  it.each(VECTORS)('%s, cut anywhere, is an error or a shorter list', (_, text) => {
    for (const prefix of prefixes(utf8(text))) {
      const cut = parseLinks(prefix);
      if (!cut.ok) expect(cut.error.fault).toBe('peer');
      else expect(formatLinks(cut.links)).toBe(canonical(new TextDecoder().decode(prefix)).trimEnd());
    }
  });

  it.each([
    ['LF-2: a missing comma', '</1/1>,</1/2>,</2/0></2/1>,</3/0>,</4/0>'],
    ['a comma at the end', '</1>,'],
    ['an open target', '</1'],
    ['an open quote', '</1>;uri="coaps://x'],
    ['a parameter without a name', '</1>;=1'],
    ['text before the first link', 'x,</1>'],
    ['a version later on', '</1>,lwm2m=1.0'],
    ['bytes that are no text', '</1>;a=<'],
  ])('refuses %s', (_, text) => expect(parseLinks(text)).toMatchObject({ ok: false, error: { fault: 'peer' } }));

  it('LF-3: takes commas, semicolons and escapes within quotes', () => {
    const parsed = parseLinks('</0/0>;uri="coap://a,b;c=\\"d\\"";x , </1>');
    expect(parsed).toEqual({
      ok: true,
      links: [
        {
          target: '/0/0',
          params: [
            ['uri', 'coap://a,b;c="d"'],
            ['x', null],
          ],
        },
        { target: '/1', params: [] },
      ],
    });
    expect(parsed.ok && formatLinks(parsed.links)).toBe('</0/0>;uri="coap://a,b;c=\\"d\\"";x,</1>');
  });

  it('reads an empty list, and refuses bytes that are not UTF-8', () => {
    expect(parseLinks('')).toEqual({ ok: true, links: [] });
    expect(parseLinks(Uint8Array.of(0x3c, 0xff, 0x3e))).toMatchObject({ ok: false });
  });

  it('bounds links and parameters', () => {
    expect(parseLinks(`</1>${',</1>'.repeat(LIMITS.links)}`)).toMatchObject({ error: { kind: 'limit' } });
    expect(parseLinks(`</1>${';a'.repeat(LIMITS.linkParams + 1)}`)).toMatchObject({ error: { kind: 'limit' } });
    expect(parseLinks(' '.repeat(LIMITS.payloadBytes + 1))).toMatchObject({ error: { kind: 'limit' } });
  });

  it('finds the first value of a parameter', () => {
    const link = {
      target: '/',
      params: [
        ['ct', '110'],
        ['ct', '112'],
        ['x', null],
      ],
    } as const;
    expect(linkParam(link, 'ct')).toBe('110');
    expect(linkParam(link, 'x')).toBeUndefined();
    expect(linkParam(link, 'y')).toBeUndefined();
  });
});

describe('the object list of a registration', () => {
  const read = (text: string) => {
    const parsed = parseLinks(text);
    if (!parsed.ok) throw new Error(parsed.error.detail);
    return parseRegistrationObjects(parsed.links);
  };

  it('collects instances, versions and content formats', () => {
    expect(read('</>;rt="oma.lwm2m";ct="110 112 60",</1/0>,</1/1>,</3/0>;ver=1.1,</5>;ver="1.1",</5/0>,</44>')).toEqual(
      {
        rootPath: '/',
        contentFormats: [110, 112, 60],
        objects: [
          { objectId: 1, instances: [0, 1] },
          { objectId: 3, version: '1.1', instances: [0] },
          { objectId: 5, version: '1.1', instances: [0] },
          { objectId: 44, instances: [] },
        ],
      },
    );
  });

  it('RG-3: strips the alternate path, and does not need it', () => {
    const expected = {
      rootPath: '/lwm2m',
      objects: [
        { objectId: 1, instances: [0] },
        { objectId: 5, instances: [] },
      ],
    };
    expect(read('</lwm2m>;rt="oma.lwm2m",</lwm2m/1/0>,</lwm2m/5>')).toEqual(expected);
    expect(read('</lwm2m>;rt="oma.lwm2m",</1/0>,</5>')).toEqual(expected);
  });

  it.each([
    ['quoted', '</>;ct="110 112"'],
    ['P19: repeated', '</>;ct=110;ct=112'],
    ['with an alternate path', '</x>;rt="oma.lwm2m";ct="110 112"'],
  ])('RG-2: reads content formats, %s', (_, text) => expect(read(text).contentFormats).toEqual([110, 112]));

  it('P20: says nothing of content formats that the device did not list', () => {
    expect(read('</>;rt="oma.lwm2m",</3/0>')).not.toHaveProperty('contentFormats');
    expect(read('</>;ct=x,</3/0>')).not.toHaveProperty('contentFormats');
  });

  it('leaves out security objects, deeper paths and what is no path', () => {
    expect(read('</0/0>,</21/0>,</23/0>,</3/0/9>,</x>,</3>;ver=x;other').objects).toEqual([
      { objectId: 3, instances: [] },
    ]);
  });
});

describe('the answer to Discover', () => {
  it('§4.2: lists the nodes at and below the path, with what is attached to them', () => {
    const text = '</3/0>;pmin=10, </3/0/6>;dim=2;gt=-1.5, </3/0/6/0/>,</3/0/9>;st,</1>,</x>,</lwm2m/3/0/1>;con=1';
    const parsed = parseLinks(text);
    if (!parsed.ok) throw new Error(parsed.error.detail);
    expect(discoveredNodes(parsed.links, path(3, 0), '/lwm2m')).toEqual([
      { path: '/3/0', attributes: { pmin: '10' } },
      { path: '/3/0/6', attributes: { dim: '2', gt: '-1.5' } },
      { path: '/3/0/6/0', attributes: {} },
      { path: '/3/0/9', attributes: { st: '' } },
      { path: '/3/0/1', attributes: { con: '1' } },
    ]);
    expect(discoveredNodes(parsed.links, path(3, 0))).toHaveLength(4);
  });
});
