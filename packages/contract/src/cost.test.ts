import { expect, it } from 'vitest';
import { costText } from './cost.ts';

const request = { bytes: 99, datagrams: 1, wakeUps: 0 };

it.each([
  [request, 'costs 99 bytes in one datagram'],
  [
    { ...request, answerBytes: 15, unread: ['/6/0', '/4/0'] },
    'costs 99 bytes in one datagram; about 15 bytes of values come back; how long /6/0, /4/0 will be is not known yet',
  ],
  [
    { ...request, datagrams: 3, wakeUps: 1, waiting: { reason: 'asleep' as const, text: 'asleep until heard' } },
    'costs 99 bytes in 3 datagrams; sent when the device wakes up next',
  ],
])('%j in a line', (cost, text) => expect(costText(cost)).toBe(text));
