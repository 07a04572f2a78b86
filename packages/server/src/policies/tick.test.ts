import { expect, it } from 'vitest';
import { call, openTestCore, rest, START } from '../test-core.ts';
import { tickDevices } from './tick.ts';

const QUIET = `
apiVersion: reeve/v1
kind: Policy
id: quiet
applies: {}
rules:
  - {id: quiet, silence: {after: 15m}, respond: [alarm]}
`;

it('a device that fills its lane does not keep the rules of others from their time', async () => {
  const core = await openTestCore();
  const flooder = await core.add('flooder');
  const victim = await core.add('victim');
  await core.handlers['policies.apply'](call({ body: { source: QUIET } }));
  let open: () => void = () => {};
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  const flood = Array.from({ length: 100 }, () => core.lanes.run(flooder.row.deviceId, () => gate));
  const settled = Promise.allSettled(flood);
  const now = START + 16 * 60_000;
  const ticked = tickDevices([flooder, victim], core, now);
  await rest();
  expect(core.engine.of(victim.row.deviceId)[0]?.state?.verdict.kind).toBe('breached');
  open();
  await Promise.all([settled, ticked]);
});
