import { describe, expect, it } from 'vitest';
import { World } from './testing.ts';

describe.each([{ secure: false }, { secure: true }])('a client (secure: $secure)', ({ secure }) => {
  it('registers', () => {
    const world = new World({ secure }).register();
    expect(world.client.registration).toMatchObject({ kind: 'registered', location: ['rd', 'r1'] });
    expect(world.requests).toEqual([
      {
        code: 2,
        path: 'rd',
        query: ['ep=truck', 'lt=300', 'lwm2m=1.1', 'b=U'],
        payload: '</>;rt="oma.lwm2m";ct="60 110 112 11542",</1/0>,</3/0>,</6/0>,</8/0>',
        at: 0,
      },
    ]);
  });
});
