import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serverActor } from '../access/identity.ts';
import { openLocalBus } from '../bus/local/bus.ts';
import type { DeviceId, IncidentId, OrganisationId, PolicyId } from '../ids.ts';
import type { JournalDraft } from '../journal/entries.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Batch, Store } from '../store/port.ts';
import { openSealer } from '../store/sealing.ts';
import { Notices } from './notices.ts';
import type { After } from './send.ts';

/** Time that passes only when a test says so. */
class VirtualTime {
  now = 1_800_000_000_000;
  readonly #timers = new Set<{ at: number; run: () => void }>();

  readonly after: After = (ms, run) => {
    const timer = { at: this.now + ms, run };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  };

  /** When the next timer is due. */
  get next(): number | undefined {
    return [...this.#timers].sort((a, b) => a.at - b.at)[0]?.at;
  }

  /** Lets time pass, timer by timer, and what they start come to rest. */
  async pass(ms: number): Promise<void> {
    const end = this.now + ms;
    await rest();
    for (;;) {
      const [timer] = [...this.#timers].sort((a, b) => a.at - b.at);
      if (!timer || timer.at > end) break;
      this.#timers.delete(timer);
      this.now = timer.at;
      timer.run();
      await rest();
    }
    this.now = end;
  }
}

/** Lets everything that needs no time happen. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** One request that a receiver got. */
export interface Received {
  readonly at: number;
  readonly url: string;
  readonly headers: Record<string, string>;
  readonly body: string;
}

export const organisationId = 'org-1' as OrganisationId;
const deviceId = 'dev-1' as DeviceId;
const incidentId = 'inc-1' as IncidentId;
const policyId = 'only-california' as PolicyId;

const freshKeyFile = () => join(mkdtempSync(join(tmpdir(), 'reeve-notices-')), 'key');

interface TestOptions {
  readonly store?: Store;
  readonly time?: VirtualTime;
  readonly keyFile?: string;
}

/** Notices over a store, a virtual clock and receivers that answer what the test says. */
export async function openTestNotices({
  store = openMemoryStore(),
  time = new VirtualTime(),
  keyFile = freshKeyFile(),
}: TestOptions = {}) {
  const received: Received[] = [];
  const receiver = { answer: (_: Received): number | Error | 'silence' | Promise<number> => 204 };
  const sealer = await openSealer({ keyFile });
  const bus = openLocalBus(store, { after: time.after });
  const notices = await Notices.open({
    store,
    bus,
    sealer,
    now: () => time.now,
    random: () => 0.5,
    warn: () => {},
    after: time.after,
    describe: (entry) => `words for ${entry.type}`,
    fetch: async (url, { headers, body, signal, redirect } = {}) => {
      if (redirect !== 'manual') throw new Error('follows redirects');
      const request = {
        at: time.now,
        url: String(url),
        headers: Object.fromEntries(new Headers(headers)),
        body: String(body),
      };
      received.push(request);
      const answer = await receiver.answer(request);
      if (answer instanceof Error) throw new TypeError('fetch failed', { cause: answer });
      if (answer !== 'silence')
        return new Response(answer === 204 ? null : 'too long '.repeat(1e5), { status: answer });
      return new Promise((_, reject) => signal?.addEventListener('abort', () => reject(signal.reason)));
    },
  });
  const handlers = notices.handlers();
  const session = { set() {}, clear() {} };
  const call = {
    actor: { kind: 'person', name: 'ana' },
    organisationId,
    session,
    signal: AbortSignal.any([]),
  } as const;
  const nothing = { params: undefined, query: undefined, body: undefined };

  const incident = (type: 'incident.cleared' | 'incident.reopened', text: string): JournalDraft => ({
    type,
    payload: { incidentId, text },
    at: time.now,
    organisationId,
    deviceId,
    actor: serverActor,
  });
  return {
    time,
    store,
    bus,
    keyFile,
    received,
    receiver,
    incident,
    add: (url: string) => handlers['webhooks.add']({ ...call, ...nothing, body: { url } }),
    list: async () => (await handlers['webhooks.list']({ ...call, ...nothing })).items,
    dead: async () => (await handlers['webhooks.dead']({ ...call, ...nothing })).items,
    remove: (id: string) => handlers['webhooks.remove']({ ...call, ...nothing, params: { id } }),
    test: (id: string) => handlers['webhooks.test']({ ...call, ...nothing, params: { id } }),
    redeliver: (id: string) => handlers['webhooks.redeliver']({ ...call, ...nothing, params: { id } }),
    /** Commits, and lets the notices that follow be sent. */
    async happen(...journal: JournalDraft[]): Promise<void> {
      await store.commit({ journal });
      await rest();
    },
    /** A device with an incident. */
    async seed(): Promise<void> {
      const evidence = [{ at: time.now, text: 'in Nevada', values: [] }];
      const changes: Batch['changes'] = [
        {
          put: 'devices',
          row: { organisationId, deviceId, endpoint: 'truck-1', labels: {}, noSec: 0, createdAt: time.now },
        },
        {
          put: 'incidents',
          row: {
            organisationId,
            deviceId,
            incidentId,
            policyId,
            ruleId: 'state',
            ruleKey: 'k',
            rule: 'Stays inside California',
            state: 'open',
            openedAt: time.now,
            evidence,
            dueAt: Number.MAX_SAFE_INTEGER,
          },
        },
      ];
      await store.commit({ changes });
    },
    async stop(): Promise<void> {
      await notices.stop();
      await bus.close();
    },
  };
}
