import { expect, it } from 'vitest';
import { soak } from './soak.ts';

it('keeps everything that it acknowledged through ten kills under load', { timeout: 300_000 }, async () => {
  const seed = Number(process.env.REEVE_FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 31));
  process.stdout.write(`soak: REEVE_FUZZ_SEED=${seed}\n`);
  const { losses, integrity, acknowledged } = await soak({ kills: 10, devices: 20, seed, log: () => {} });
  expect(losses).toEqual([]);
  expect(integrity).toBe('ok');
  for (const count of Object.values(acknowledged)) expect(count).toBeGreaterThan(20);
});
