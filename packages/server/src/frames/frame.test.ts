import { createSecretKey } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Frame, makeFrame, type Opened, openFrame, type Used } from './frame.ts';

const key = createSecretKey(Buffer.from('2b7e151628aed2a6abf7158809cf4f3c', 'hex'));
const other = createSecretKey(Buffer.alloc(16, 7));
const NEW: Used = { newest: 0, before: 0 };

const frame = (counter: number, payload = 'c0ffee', layout = 3): Frame => ({
  layout,
  counter,
  payload: Buffer.from(payload, 'hex'),
});
const open = (counter: number, used: Used) => openFrame(makeFrame(frame(counter), key), key, used);
/** What is used after these frames, which all must be taken. */
function after(...counters: readonly number[]): Used {
  return counters.reduce((used, counter) => {
    const opened = open(counter, used);
    if (opened.kind !== 'frame') throw new Error(`${counter} is ${opened.kind}`);
    return opened.used;
  }, NEW);
}

describe('a frame', () => {
  it('is header, payload and a tag of four octets', () => {
    const bytes = Buffer.from(makeFrame(frame(0x1234), key)).toString('hex');
    // The tag was computed by OpenSSL: AES-128-CMAC of 00001234 03 c0ffee.
    expect(bytes).toBe('3234c0ffeed034da5d');
  });

  it('is opened as it was made, whatever its layout, number and payload', () => {
    const payload = fc.uint8Array({ maxLength: 6 });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 15 }),
        fc.integer({ min: 1, max: 16_384 }),
        payload,
        (layout, counter, p) => {
          const opened = openFrame(makeFrame({ layout, counter, payload: p }, key), key, NEW);
          expect(opened).toMatchObject({ kind: 'frame', late: false, frame: { layout, counter } });
          expect(opened.kind === 'frame' && Buffer.from(opened.frame.payload)).toEqual(Buffer.from(p));
        },
      ),
    );
  });

  it('is refused with any bit changed, another key, or any octet cut off', () => {
    const bytes = makeFrame(frame(77), key);
    for (let bit = 0; bit < bytes.length * 8; bit++) {
      const changed = Uint8Array.from(bytes);
      changed[bit >> 3] = (changed[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      expect(openFrame(changed, key, NEW).kind).toBe('forged');
    }
    expect(openFrame(bytes, other, NEW).kind).toBe('forged');
    for (let length = 0; length < bytes.length; length++) {
      expect(openFrame(bytes.subarray(0, length), key, NEW).kind).toBe(length < 6 ? 'malformed' : 'forged');
    }
    expect(openFrame(new Uint8Array(13), key, NEW).kind).toBe('malformed');
  });

  it('counts once', () => {
    expect(open(1, after(1)).kind).toBe('repeated');
    expect(open(1, after(1, 2, 3)).kind).toBe('repeated');
    expect(open(3, after(1, 3)).kind).toBe('repeated');
  });

  it('counts when it is up to 32 late, and not beyond', () => {
    expect(open(2, after(1, 3))).toMatchObject({ kind: 'frame', late: true });
    expect(open(68, after(100))).toMatchObject({ kind: 'frame', late: true, frame: { counter: 68 } });
    expect(open(67, after(100)).kind).toBe('forged');
    expect(open(68, after(100, 68)).kind).toBe('repeated');
  });

  it('is found after many others were lost, and not after too many', () => {
    expect(open(16_384, NEW)).toMatchObject({ kind: 'frame', frame: { counter: 16_384 } });
    expect(open(16_385, NEW).kind).toBe('forged');
    expect(open(5 + 4096, after(5))).toMatchObject({ kind: 'frame', frame: { counter: 4101 } });
  });

  it('is taken exactly once, in whatever order frames come', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 60 }), { maxLength: 200 }), (counters) => {
        const taken = new Set<number>();
        let used = NEW;
        for (const counter of counters) {
          const opened: Opened = open(counter, used);
          const inTime = counter >= used.newest - 32;
          expect(opened.kind).toBe(!inTime ? 'forged' : taken.has(counter) ? 'repeated' : 'frame');
          if (opened.kind === 'frame') {
            taken.add(counter);
            used = opened.used;
          }
        }
      }),
    );
  });
});
