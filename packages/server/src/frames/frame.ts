import { type KeyObject, timingSafeEqual } from 'node:crypto';
import { cmac } from './cmac.ts';
import { frameLimits } from './limits.ts';

/**
 * A frame of a device whose network is too thin for a handshake: at most 12 octets, one way.
 *
 * ```
 *  0 1 2 3 4 5 6 7   0 1 2 3 4 5 6 7
 * +-------+-------+ +---------------+ +---------- … --+ +-- 4 octets --+
 * | layout|       counter (12 low)  | |  payload 0–6  | |     tag      |
 * +-------+-------+ +---------------+ +---------- … --+ +--------------+
 * ```
 *
 * The tag is the first four octets of AES-CMAC over the whole counter (4 octets, most significant first), the layout
 * (1 octet) and the payload. The device counts its frames from 1, and never sends two frames with one number.
 */
export interface Frame {
  /** Which of the device's layouts the payload has, 0–15. */
  readonly layout: number;
  readonly counter: number;
  readonly payload: Uint8Array;
}

const HEADER = 2;
const TAG = 4;
const LOW_NUMBERS = 4096;
const LARGEST = 0xffffffff;

/** Largest payload, in octets. */
export const MAX_PAYLOAD = frameLimits.frame - HEADER - TAG;

/** Which numbers were used: the newest, and a bit for each of those before it, the nearest lowest. */
export interface Used {
  /** 0 before the first frame. */
  readonly newest: number;
  readonly before: number;
}

/** What became of a frame. */
export type Opened =
  /** `late`: newer ones came before it. */
  | { readonly kind: 'frame'; readonly frame: Frame; readonly late: boolean; readonly used: Used }
  /** Genuine, and here already. */
  | { readonly kind: 'repeated' }
  /** No number that may come next fits the tag. */
  | { readonly kind: 'forged' }
  | { readonly kind: 'malformed' };

/** Opens a frame: its number is the one, among those that may come, which fits the tag. */
export function openFrame(bytes: Uint8Array, key: KeyObject, used: Used): Opened {
  if (bytes.length < HEADER + TAG || bytes.length > frameLimits.frame) return { kind: 'malformed' };
  const [first = 0, second = 0] = bytes;
  const layout = first >> 4;
  const low = ((first & 0xf) << 8) | second;
  const payload = bytes.subarray(HEADER, -TAG);
  const tag = bytes.subarray(-TAG);
  for (const counter of candidates(low, used.newest)) {
    if (!timingSafeEqual(tagOf(key, { layout, counter, payload }), tag)) continue;
    if (isUsed(counter, used)) return { kind: 'repeated' };
    const late = counter < used.newest;
    return { kind: 'frame', frame: { layout, counter, payload }, late, used: use(counter, used) };
  }
  return { kind: 'forged' };
}

/** The octets of a frame, for devices and their tests. */
export function makeFrame(frame: Frame, key: KeyObject): Uint8Array {
  const low = frame.counter % LOW_NUMBERS;
  const header = Uint8Array.of((frame.layout << 4) | (low >> 8), low & 0xff);
  return Buffer.concat([header, frame.payload, tagOf(key, frame)]);
}

function tagOf(key: KeyObject, { layout, counter, payload }: Frame): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(counter);
  head[4] = layout;
  return cmac(key, Buffer.concat([head, payload])).subarray(0, TAG);
}

/** The numbers with these low bits that may come, lowest first. */
function candidates(low: number, newest: number): number[] {
  const least = Math.max(1, newest - frameLimits.behind);
  const most = Math.min(LARGEST, newest + frameLimits.ahead);
  const distance = (((low - least) % LOW_NUMBERS) + LOW_NUMBERS) % LOW_NUMBERS;
  const found: number[] = [];
  for (let counter = least + distance; counter <= most; counter += LOW_NUMBERS) found.push(counter);
  return found;
}

function isUsed(counter: number, { newest, before }: Used): boolean {
  if (counter > newest) return false;
  return counter === newest || ((before >>> (newest - counter - 1)) & 1) === 1;
}

function use(counter: number, { newest, before }: Used): Used {
  if (counter < newest) return { newest, before: (before | (1 << (newest - counter - 1))) >>> 0 };
  const distance = counter - newest;
  const moved = distance < frameLimits.behind ? before << distance : 0;
  // The newest of before is one of those before now; there is none before the first.
  const former = newest > 0 && distance <= frameLimits.behind ? 1 << (distance - 1) : 0;
  return { newest: counter, before: (moved | former) >>> 0 };
}
