import { expect, it } from 'vitest';
import { smsTrigger } from './sms-trigger.ts';

it('TR-3: is the message of Transport Appendix L.2', () => {
  const random = (length: number) => Buffer.from('b60b2161fb63', 'hex').subarray(0, length);
  expect(Buffer.from(smsTrigger(0, random)).toString('hex')).toBe('4402b60b2161fb63b13101300138');
  expect(Buffer.from(smsTrigger(12, random)).toString('hex')).toBe('4402b60b2161fb63b1310231320138');
});
