import { expect, it } from 'vitest';
import { run } from '../testing.ts';

it('simulate asks for a key before it speaks DTLS', async () => {
  const { code, err } = await run(['simulate', '--device', 'x']);
  expect(code).toBe(2);
  expect(err).toContain('--key-file');
});
