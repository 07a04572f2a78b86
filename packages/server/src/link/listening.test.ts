import { describe, expect, it } from 'vitest';
import { distinctHosts, type ListenAddress, overlapOf } from './listening.ts';

const at = (transport: ListenAddress['transport'], host: string, port = 5683) => ({ transport, host, port });

describe('sockets', () => {
  it.each([
    [at('coap', '127.0.0.1'), at('coap', '0.0.0.0'), 'coap://127.0.0.1:5683 and coap://0.0.0.0:5683 are one port'],
    [at('coaps', '::'), at('coap', '::1'), 'coap://[::1]:5683 and coaps://[::]:5683 are one port'],
    [at('coap', '192.0.2.1'), at('coap', '192.0.2.1'), 'coap://192.0.2.1:5683 and coap://192.0.2.1:5683 are one port'],
    [at('coaps+tcp', '0.0.0.0'), at('coap+tcp', '192.0.2.1'), 'coap+tcp://192.0.2.1:5683 and coaps+tcp://0.0.0.0:5683'],
  ])('%j and %j can not both be', (one, other, why) => {
    expect(overlapOf([at('coap', '192.0.2.9', 1), one, other])).toContain(why);
    expect(overlapOf([other, one])).toBeDefined();
  });

  it.each([
    ['two families', at('coap', '0.0.0.0'), at('coap', '::')],
    ['two ports', at('coap', '0.0.0.0'), at('coap', '127.0.0.1', 5684)],
    ['two addresses', at('coap', '127.0.0.1'), at('coap', '127.0.0.2')],
    ['UDP and TCP', at('coap', '0.0.0.0'), at('coap+tcp', '0.0.0.0')],
    ['whatever is free', at('coap', '0.0.0.0', 0), at('coaps', '0.0.0.0', 0)],
  ])('of %s can both be', (_, one, other) => {
    expect(overlapOf([one, other])).toBeUndefined();
  });
});

it('hosts that another one covers need no socket of their own', () => {
  expect(distinctHosts(['127.0.0.1', '0.0.0.0', '::', '::1', '0.0.0.0'])).toEqual(['0.0.0.0', '::']);
  expect(distinctHosts(['127.0.0.1', '::1', '192.0.2.1'])).toEqual(['127.0.0.1', '::1', '192.0.2.1']);
});
