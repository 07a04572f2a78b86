import { describe, expect, it } from 'vitest';
import { KnownOffers } from './known-offers.ts';
import { KnownRequests } from './known-requests.ts';

const text = (list: string) => Buffer.from(list);

describe('What devices of one kind have in common', () => {
  it('is read once of their lists of objects', () => {
    const offers = new KnownOffers();
    const first = offers.read(text('</>;ct=110,</1/0>,</3/0>'));
    expect(first).toEqual({
      rootPath: '/',
      contentFormats: [110],
      objects: [
        { objectId: 1, instances: [0] },
        { objectId: 3, instances: [0] },
      ],
    });
    expect(offers.read(text('</>;ct=110,</1/0>,</3/0>'))).toBe(first);
    expect(offers.read(text('</>;ct=110,</1/0>,</3/1>'))).toMatchObject({ objects: [{}, { instances: [1] }] });
  });

  it('is what is wrong with such a list too', () => {
    const offers = new KnownOffers();
    for (const _ of [1, 2]) expect(offers.read(text('</1/0>,<'))).toEqual(expect.any(String));
    const title = (octet: number) => Buffer.concat([text('</1/0>;t="'), Buffer.of(octet), text('"')]);
    expect(offers.read(title(0x41))).toMatchObject({ objects: [{ objectId: 1 }] });
    expect(offers.read(title(0xff))).toBe('not UTF-8');
  });

  it('is no list that is very long, so that nobody fills the memory with them', () => {
    const offers = new KnownOffers();
    const long = text(Array.from({ length: 300 }, (_, id) => `</${1000 + id}/0>`).join());
    expect(offers.read(long)).toMatchObject({ objects: { length: 300 } });
    expect(offers.read(long)).not.toBe(offers.read(long));
  });

  it('is the requests that only ask, for each format, until definitions change', () => {
    const requests = new KnownRequests();
    let made = 0;
    const make = () => ({ ok: true, request: { code: ++made } }) as const;
    const read = requests.requestOf('read', '/3/0', 112, make);
    expect(requests.requestOf('read', '/3/0', 112, make)).toBe(read);
    expect(requests.requestOf('read', '/3/0', 110, make)).not.toBe(read);
    expect(requests.requestOf('observe', '/3/0', 112, make)).not.toBe(read);
    expect(requests.formatsOf('/3/0', () => [112])).toEqual([112]);
    requests.forget();
    expect(requests.requestOf('read', '/3/0', 112, make)).not.toBe(read);
    expect(requests.formatsOf('/3/0', () => [110])).toEqual([110]);
  });
});
