import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SilenceOrder, type Silent } from './silence.ts';

interface Name extends Silent<Name> {
  readonly name: number;
}

describe('the order of silence', () => {
  it('has who was added first at its front, whatever else comes and goes', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(7)), (changes) => {
        const order = new SilenceOrder<Name>();
        const names = Array.from({ length: 8 }, (_, name): Name => ({ name, quieter: undefined, livelier: undefined }));
        const expected: Name[] = [];
        for (const change of changes) {
          const one = names[change] ?? expect.fail();
          const at = expected.indexOf(one);
          if (at < 0) {
            order.add(one);
            expected.push(one);
          } else {
            order.remove(one);
            expected.splice(at, 1);
          }
          const found: number[] = [];
          for (let next = order.quietest; next; next = next.livelier) found.push(next.name);
          expect(found).toEqual(expected.map(({ name }) => name));
        }
      }),
    );
  });
});
