import type { Command, DeviceDetail, DeviceSummary } from '@reeve/contract';
import { NOW } from './testing.ts';

/** A device in a list. */
export const summary: DeviceSummary = {
  deviceId: 'dev-1',
  endpoint: 'truck-1',
  labels: { fleet: 'trucks', depot: 'west' },
  presence: { state: 'awake', lastContactAt: NOW - 12_000 },
  openIncidents: 2,
  ruleState: 'cannot-evaluate',
  lock: { state: 'unknown', holders: [] },
};

/** The same with all that is known of it. */
export const detail: DeviceDetail = {
  ...summary,
  verdict: { tone: 'bad', text: 'Breaks \u001b[2Jeverything' },
  createdAt: NOW,
  objects: [
    {
      objectId: 3,
      name: 'Device',
      instances: [0],
      resources: [{ resourceId: 14, name: 'UTC Offset', operations: 'RW', type: 'string', multiple: false }],
    },
  ],
  values: [],
  observations: [],
  rules: [],
  credentials: [],
  sessions: [],
  downlink: { awakeSeconds: 93, queuedCommands: 0 },
};

/** A command of it in a state, with a receipt for each text. */
export const commandIn = (state: Command['state'], ...texts: string[]): Command => ({
  commandId: 'cmd-1',
  deviceId: 'dev-1',
  endpoint: 'truck-1',
  operation: { kind: 'read', path: '/3/0/9' },
  state,
  priority: 'normal',
  actor: { kind: 'token', name: 'x' },
  createdAt: NOW,
  expiresAt: NOW + 1000,
  receipts: texts.map((text) => ({ at: NOW, step: state, text })),
});
