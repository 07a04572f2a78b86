import { expect, it } from 'vitest';
import { readEncoded } from './readEncoded.ts';

it('reads PEM as it is, and DER as base64', async () => {
  const pem = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n';
  expect(await readEncoded(new Blob([pem]))).toBe(pem);
  expect(await readEncoded(new Blob([Uint8Array.of(0x30, 0x82, 0xff)]))).toBe('MIL/');
});
