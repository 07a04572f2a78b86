import { Code, Option, option } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import type { LinkOperation } from './port.ts';
import { type TestDevice, TestOwner } from './test-owner.ts';

const TEN_SECONDS = { awakeMs: 10_000 };
const read: LinkOperation = { kind: 'read', path: '/3/0/9' };
/** Five blocks of 1024 bytes. */
const long: LinkOperation = {
  kind: 'write',
  mode: 'replace',
  path: '/1/0/10',
  records: [{ path: '/1/0/10', stored: { type: 'string', value: 'x'.repeat(5000) } }],
};

/** A registered device in queue mode. */
function begin(secure = true) {
  const test = new TestOwner();
  const device = secure ? test.connect() : test.device({ secure: false });
  test.register(device);
  const silence = (silent: TestDevice) => {
    silent.receive = () => {};
  };
  /** Datagrams that went out in so much time. */
  const sentWithin = (ms: number) => {
    const before = test.sent.length;
    test.pass(ms);
    return test.sent.length - before;
  };
  return { test, device, silence, sentWithin };
}

describe('a request to a device in queue mode', () => {
  it.each([
    ['coaps', true],
    ['coap', false],
  ])('P9, QM-3: over %s ends when the device sleeps, and nothing is sent to it from then on', (_, secure) => {
    const { test, device, silence, sentWithin } = begin(secure);
    silence(device);
    expect(test.perform(read, TEN_SECONDS)).toBeUndefined();
    expect(sentWithin(9_500)).toBe(2);
    expect(test.of('outcome')).toEqual([]);
    expect(sentWithin(120_000)).toBe(0);
    expect(test.of('outcome').map(({ outcome }) => outcome)).toEqual([{ kind: 'timeout' }]);
  });

  it('has the whole of its retransmissions if the device never sleeps', () => {
    const { test, device, silence, sentWithin } = begin();
    silence(device);
    test.perform(read);
    expect(sentWithin(120_000)).toBe(4);
  });

  it.each([
    ['goes on as long as its parts are answered, however long that takes', Number.POSITIVE_INFINITY, 'answered'],
    ['P9: stops at the part that is not answered', 6, 'timeout'],
  ])('in parts %s', (_, until, end) => {
    const { test, device, sentWithin } = begin();
    device.answer = () => ({ code: Code.Changed });
    const hear = device.receive.bind(device);
    let sent = 0;
    // The first transmission of each part is lost.
    device.receive = (datagram, now) => {
      sent += 1;
      if (sent % 2 === 0 && sent <= until) hear(datagram, now);
    };
    test.perform(long, { awakeMs: 4_000 });
    expect(sentWithin(20_000)).toBeGreaterThan(5);
    expect(test.of('outcome').map(({ outcome }) => outcome.kind)).toEqual([end]);
    expect(sentWithin(120_000)).toBe(0);
  });

  it('P9: for a long answer is to be made again if the device falls asleep before the rest of it came', () => {
    const { test, device, sentWithin } = begin();
    device.answer = () => ({
      code: Code.Content,
      options: [option(Option.ContentFormat, 0)],
      payload: Buffer.alloc(5000, 'x'),
    });
    const hear = device.receive.bind(device);
    let sent = 0;
    device.receive = (datagram, now) => {
      sent += 1;
      if (sent <= 2) hear(datagram, now);
    };
    test.perform({ kind: 'read', path: '/3/0/0' }, TEN_SECONDS);
    expect(sentWithin(10_500)).toBe(2);
    expect(test.of('outcome').map(({ outcome }) => outcome)).toEqual([{ kind: 'timeout' }]);
    expect(sentWithin(120_000)).toBe(0);
  });
});
