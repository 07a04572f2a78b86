/**
 * What an idle device costs a server's memory: registered over DTLS with a pre-shared key, observed, silent for longer
 * than everything lives that is remembered of its last messages. Ours and Leshan's, after a garbage collection each.
 *
 * Run: `npm run bench -- memory [DEVICES]`
 */
import { makeMaterial } from './load/material.ts';
import type { Load, LoadPlan } from './load/plan.ts';
import { generate, type TargetName, targets } from './targets.ts';

const devices = Number(process.argv[2] ?? 10_000);
const load: Load = { operation: 'registration', credential: 'psk', devices, outstanding: 0 };
const material = makeMaterial(0);

async function measure(name: TargetName): Promise<void> {
  const target = await targets[name]({ load, material, memory: true });
  const known = await target.memory?.('now');
  const plan: LoadPlan = {
    ...load,
    first: 0,
    port: target.coaps,
    material: material.all,
    pid: target.pid,
    warmUpMs: 0,
    windows: 0,
    windowMs: 0,
  };
  await generate(JSON.stringify(plan));
  const idle = await target.memory?.('idle');
  if (known && idle) {
    const each = (of: 'heap' | 'resident') => ((idle[of] - known[of]) / devices / 1000).toFixed(2);
    console.log(`${name}: ${each('heap')} kB of heap for each idle device, ${each('resident')} kB resident`);
    if (known.empty) {
      const before = (known.heap - known.empty) / devices / 1000;
      console.log(`${name}: ${before.toFixed(2)} kB of heap for each device that is known`);
    }
  }
  await target.close();
}

await measure('reeve');
await measure('leshan');
material.remove();
process.exit(0);
