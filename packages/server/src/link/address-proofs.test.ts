import { Code, formatCode } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { registerRequest, TestOwner } from './test-owner.ts';

/** An owner whose socket without DTLS asks for proof. */
const asking = () => new TestOwner(1, { echo: true });

describe('a socket that asks for proof of addresses', () => {
  it('EC-1: hears a Register when the device brings the value back, and asks no more', () => {
    const test = asking();
    const device = test.device({ secure: false });
    test.send(device, registerRequest());
    const { exchange } = test.last('register');
    test.answer(exchange, Code.Created, ['rd', 'x']);
    expect(device.responses.map(({ code }) => formatCode(code))).toEqual(['2.01']);
    const before = test.sent.length;
    test.send(device, registerRequest());
    expect(test.of('register')).toHaveLength(2);
    expect(test.sent.length - before).toBe(0);
  });

  it('P3: asks again when the device comes from another address', () => {
    const test = asking();
    const device = test.device({ secure: false });
    test.send(device, registerRequest());
    test.answer(test.last('register').exchange, Code.Created, ['rd', 'x']);
    device.port += 1;
    const before = test.sent.length;
    test.send(device, registerRequest());
    expect(test.sent.length - before).toBe(1);
    expect(test.of('register')).toHaveLength(2);
  });

  it('lets nothing come of requests in the name of somebody who does not answer', () => {
    const test = asking();
    const victim = test.device({ secure: false });
    victim.coap.request(victim.peer, registerRequest(), 0);
    const [datagram] = victim.drain(0);
    if (!datagram) throw new Error('nothing was sent');
    test.owner.receive(victim.ingress, '203.0.113.7', 5_683, datagram, 0);
    test.owner.tick(10_000);
    expect(test.of('register')).toEqual([]);
    expect(test.sent).toHaveLength(1);
    expect(test.sent[0]?.datagram.length).toBeLessThan(datagram.length);
  });

  it('does not ask those who are secured otherwise', () => {
    const test = asking();
    const device = test.connect();
    test.send(device, registerRequest());
    expect(test.of('register')).toHaveLength(1);
  });
});
