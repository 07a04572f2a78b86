import { commitAll } from '../decision.ts';
import type { Batch } from '../store/port.ts';
import { watchedStore } from '../store/test-watched.ts';
import { call, openTestCore, START } from '../test-core.ts';
import type { Report } from './ingest.ts';

const POLICY = `apiVersion: reeve/v1
kind: Policy
id: rules
applies: {labels: {}}
rules:
  - {id: low, threshold: {path: /3/0/9, below: 20}, respond: [alarm]}
  - {id: state, region: {path: /6/0, in: [US-CA], fixes: 1}, respond: [alarm]}
`;

/** A device under rules, whose reports are taken and committed. */
export async function reporting() {
  const { store, control } = watchedStore();
  const core = await openTestCore({ store });
  const device = await core.add('truck-1');
  await core.handlers['policies.apply'](call({ body: { source: POLICY } }));
  control.batches.length = 0;
  const { deviceId } = device.row;
  return {
    core,
    control,
    deviceId,
    /** @returns what was committed */
    take: async (report: Pick<Report, 'path' | 'body'> & Partial<Report>): Promise<Batch> => {
      const decision = core.ingest.take(device, { fresh: true, receivedAt: START, ...report });
      await commitAll(store, [decision]);
      return decision.batch;
    },
    value: (path = '/3/0/9') => core.values.get(deviceId, path),
    history: (path = '/3/0/9') => store.scan({ deviceId, path }, {}),
    rule: (id = 'low') => core.engine.of(deviceId).find(({ rule }) => rule.id === id)?.state,
  };
}
