import { type CoapMessage, Code, decodeMessage, encodeMessage, MessageType } from '@reeve/coap';
import { expect, it } from 'vitest';
import { TestOwner } from './test-owner.ts';

const NOTHING = new Uint8Array(0);

/** A registered device whose answers are written message by message; none of them is encoded by our own endpoint. */
function scripted(answer: (request: CoapMessage) => Partial<CoapMessage> | undefined) {
  const test = new TestOwner();
  const device = test.device({ secure: false });
  test.register(device);
  device.receive = (datagram, now) => {
    const request = decodeMessage(datagram);
    const response = request.ok ? answer(request.message) : undefined;
    if (!request.ok || !response) return;
    const { messageId } = request.message;
    const whole = { code: Code.Empty, messageId, token: NOTHING, options: [], payload: NOTHING };
    const raw = encodeMessage({ type: MessageType.Acknowledgement, ...whole, ...response });
    test.owner.receive(device.ingress, device.host, device.port, raw, now);
  };
  const outcomes = () => test.of('outcome').map(({ outcome }) => outcome);
  return { test, outcomes };
}

const fetch = { kind: 'read-composite', paths: ['/3/0/9', '/6/0'] } as const;

it('P29: a FETCH that is acknowledged, and nothing more, is told from one that did not arrive', () => {
  const { test, outcomes } = scripted(({ code }) => (code === Code.Fetch ? {} : undefined));
  test.perform(fetch);
  test.pass(92_000);
  expect(outcomes()).toEqual([]);
  test.pass(2_000);
  expect(outcomes()).toEqual([{ kind: 'timeout', acknowledged: true }]);
  const silent = scripted(() => undefined);
  silent.test.perform(fetch);
  silent.test.pass(94_000);
  expect(silent.outcomes()).toEqual([{ kind: 'timeout' }]);
});

it('P12: 5.00 in the midst of an answer in parts leaves what came before, and says that more was to come', () => {
  const block2 = (num: number) => ({ number: 23, value: Uint8Array.of((num << 4) | 8 | 6) });
  const text = { number: 12, value: NOTHING };
  const { test, outcomes } = scripted(({ token, options }) =>
    options.some(({ number }) => number === 23)
      ? { token, code: Code.InternalServerError }
      : { token, code: Code.Content, options: [text, block2(0)], payload: new Uint8Array(1024).fill(120) },
  );
  test.perform({ kind: 'read', path: '/3' });
  test.pass(1_000);
  expect(outcomes()).toMatchObject([{ kind: 'answered', code: Code.Content, body: { truncated: true } }]);
});
