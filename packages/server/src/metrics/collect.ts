import type { HandshakeCounters, Presence } from '@reeve/contract';
import type { Millis } from '../ids.ts';
import type { Pacer, PacerFigures } from '../pacing/pacer.ts';
import type { Fleet } from '../registry/fleet.ts';
import { presenceOf } from '../registry/presence.ts';
import type { Store, StoreHealth } from '../store/port.ts';
import type { Metric, Sample } from './exposition.ts';
import type { FinishedCommands } from './finished-commands.ts';

/** What metrics are read from. */
export interface MetricSources {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly handshakes: () => HandshakeCounters;
  readonly finishedCommands: FinishedCommands;
  readonly pacer: Pacer;
  readonly version: string;
  readonly now: () => Millis;
}

/** Every metric as it is now. None has labels that devices or people choose, so their number is bounded. */
export async function collectMetrics(sources: MetricSources): Promise<Metric[]> {
  return [
    ...fleetMetrics(sources),
    ...handshakeMetrics(sources.handshakes()),
    ...(await workMetrics(sources)),
    ...downlinkMetrics(sources.pacer.figures(sources.now())),
    ...storeMetrics(sources.store),
    ...processMetrics(sources.version),
  ];
}

const labelled = (label: string, counts: Readonly<Record<string, number>>): Sample[] =>
  Object.entries(counts).map(([text, value]) => ({ labels: { [label]: text }, value }));

function fleetMetrics({ fleet, now }: MetricSources): Metric[] {
  const at = now();
  const counts: Record<Presence['state'], number> = {
    never: 0,
    awake: 0,
    asleep: 0,
    overdue: 0,
    expired: 0,
    deregistered: 0,
  };
  let registered = 0;
  for (const device of fleet.all()) {
    counts[presenceOf(device, at).state]++;
    if (device.registration?.state === 'registered') registered++;
  }
  return [
    { name: 'reeve_devices', help: 'Devices by presence.', type: 'gauge', samples: labelled('presence', counts) },
    { name: 'reeve_registrations', help: 'Current registrations.', type: 'gauge', samples: [{ value: registered }] },
  ];
}

function handshakeMetrics({ established, failed, dropped, sessions }: HandshakeCounters): Metric[] {
  const { live, asleep, underWay } = sessions;
  return [
    {
      name: 'reeve_handshakes_total',
      help: 'DTLS handshakes that led to a session.',
      type: 'counter',
      samples: established.map(({ kind, suite, resumed, count }) => ({
        labels: { kind, suite, resumed: String(resumed) },
        value: count,
      })),
    },
    {
      name: 'reeve_refused_connections_total',
      help: 'Handshakes that failed, and registrations refused after them, by the check that failed.',
      type: 'counter',
      samples: failed.map(({ check, count }) => ({ labels: { check }, value: count })),
    },
    {
      name: 'reeve_dropped_records_total',
      help: 'DTLS records dropped without an answer.',
      type: 'counter',
      samples: dropped.map(({ reason, count }) => ({ labels: { reason }, value: count })),
    },
    {
      name: 'reeve_dtls_sessions',
      help: 'DTLS sessions: ready in memory, or hibernated until the next record.',
      type: 'gauge',
      samples: labelled('state', { live, asleep }),
    },
    {
      name: 'reeve_dtls_handshakes_under_way',
      help: 'DTLS handshakes not finished yet.',
      type: 'gauge',
      samples: [{ value: underWay }],
    },
  ];
}

async function workMetrics({ store, finishedCommands, now }: MetricSources): Promise<Metric[]> {
  const [[oldest], queued, sent, open, cleared, waiting, dead] = await Promise.all([
    store.list('commands', { where: { state: 'queued' }, orderBy: 'createdAt', limit: 1 }),
    store.count('commands', { state: 'queued' }),
    store.count('commands', { state: 'sent' }),
    store.count('incidents', { state: 'open' }),
    store.count('incidents', { state: 'cleared' }),
    store.count('deliveries', { state: 'waiting' }),
    store.count('deliveries', { state: 'dead' }),
  ]);
  return [
    {
      name: 'reeve_commands',
      help: 'Commands to devices that have no outcome yet.',
      type: 'gauge',
      samples: labelled('state', { queued, sent }),
    },
    {
      name: 'reeve_oldest_queued_command_seconds',
      help: 'How long the oldest of the queued commands has waited.',
      type: 'gauge',
      samples: [{ value: oldest ? (now() - oldest.createdAt) / 1000 : 0 }],
    },
    {
      name: 'reeve_commands_finished_total',
      help: 'Commands to devices that reached their last state.',
      type: 'counter',
      samples: labelled('state', finishedCommands.counts()),
    },
    {
      name: 'reeve_incidents',
      help: 'Incidents that are not closed.',
      type: 'gauge',
      samples: labelled('state', { open, cleared }),
    },
    {
      name: 'reeve_notices',
      help: 'Notices to webhooks that wait, and those given up after their last try.',
      type: 'gauge',
      samples: labelled('state', { waiting, dead }),
    },
  ];
}

function downlinkMetrics({ waiting, oldestMs, sites, sentBytes }: PacerFigures): Metric[] {
  return [
    {
      name: 'reeve_paced_requests',
      help: 'Requests to devices that wait for the limits of site and server, by what they are of.',
      type: 'gauge',
      samples: labelled('of', waiting),
    },
    {
      name: 'reeve_oldest_paced_request_seconds',
      help: 'How long the oldest of them has waited.',
      type: 'gauge',
      samples: [{ value: oldestMs / 1000 }],
    },
    {
      name: 'reeve_downlink_sites',
      help: 'Sites to which something was sent of late, or is to be.',
      type: 'gauge',
      samples: [{ value: sites }],
    },
    {
      name: 'reeve_downlink_bytes_total',
      help: 'Bytes of requests to devices with their headers, as estimated, by how much they could wait.',
      type: 'counter',
      samples: labelled('priority', sentBytes),
    },
  ];
}

function storeMetrics(store: Store): Metric[] {
  const { newestSeq, waiting, commits } = store.figures();
  const health: Record<StoreHealth['state'], number> = { ok: 0, full: 0, failing: 0 };
  health[store.health().state] = 1;
  return [
    {
      name: 'reeve_store_health',
      help: '1 for the state that the store is in.',
      type: 'gauge',
      samples: labelled('state', health),
    },
    {
      name: 'reeve_store_journal_seq',
      help: 'Sequence number of the newest journal entry.',
      type: 'gauge',
      samples: [{ value: newestSeq }],
    },
    {
      name: 'reeve_store_waiting_commits',
      help: 'Commits that are not on the disk yet.',
      type: 'gauge',
      samples: [{ value: waiting }],
    },
    {
      name: 'reeve_store_commit_seconds',
      help: 'How long groups of commits took to reach the disk.',
      type: 'histogram',
      figures: commits,
    },
  ];
}

function processMetrics(version: string): Metric[] {
  const { user, system } = process.cpuUsage();
  const { rss, heapUsed } = process.memoryUsage();
  return [
    {
      name: 'process_cpu_seconds_total',
      help: 'CPU time of the server, user and system.',
      type: 'counter',
      samples: [{ value: (user + system) / 1e6 }],
    },
    {
      name: 'process_resident_memory_bytes',
      help: 'Resident memory of the server.',
      type: 'gauge',
      samples: [{ value: rss }],
    },
    {
      name: 'process_heap_bytes',
      help: "Used heap of the server's main thread.",
      type: 'gauge',
      samples: [{ value: heapUsed }],
    },
    {
      name: 'process_start_time_seconds',
      help: 'When the process started, in seconds since the Unix epoch.',
      type: 'gauge',
      samples: [{ value: Math.round(performance.timeOrigin) / 1000 }],
    },
    {
      name: 'reeve_build_info',
      help: 'Always 1; the labels tell what runs.',
      type: 'gauge',
      samples: [{ labels: { version, node: process.versions.node }, value: 1 }],
    },
  ];
}
