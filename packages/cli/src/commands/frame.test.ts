import { expect, it } from 'vitest';
import { run } from '../testing.ts';

it('frame set: a key that was made stands alone on the standard output', async () => {
  const source = { endpoint: 'tank-17', link: '1A2B3C', layouts: ['tank'], newest: 0 };
  const words = ['frame', 'set', 'tank-17', '--link', '1A2B3C', '--layout', 'tank'];
  const made = await run(words, { 'frames.set': { source, key: '00'.repeat(16) } });
  expect(made.out).toBe('00'.repeat(16));
  expect(made.err).toMatch(/link +1A2B3C/);
  const kept = await run(words, { 'frames.set': { source } });
  expect(kept.out).toMatch(/link +1A2B3C/);
  expect(kept.err).toBe('');
});
