import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Code } from '@reeve/coap';
import { openCore } from './core.ts';
import { coreHandlers } from './core-handlers.ts';
import { type DeviceId, newId, type OrganisationId, type RegistrationId } from './ids.ts';
import type { JournalType } from './journal/entries.ts';
import type { BootstrapLinkOperation } from './link/bootstrap-port.ts';
import type {
  ExchangeRef,
  LinkDown,
  LinkOperation,
  LinkRecord,
  LinkUp,
  RequestOutcome,
  SessionId,
  SessionInfo,
} from './link/port.ts';
import { parseTarget } from './observations/target.ts';
import type { DownlinkLimits } from './pacing/limits.ts';
import type { Device } from './registry/fleet.ts';
import { openMemoryStore } from './store/memory/store.ts';
import type { Store } from './store/port.ts';
import { openSealer } from './store/sealing.ts';
import type { TrustOptions } from './trust/trust.ts';

export const START = 1_800_000_000_000;
export const organisationId = 'org-1' as OrganisationId;
const actor = { kind: 'person', name: 'ana' } as const;

const keyFile = join(mkdtempSync(join(tmpdir(), 'reeve-core-')), 'key');

/** Lets everything that needs no time happen. */
export async function rest(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** What a device does with an operation; undefined: it never answers. */
export type Behaviour = (operation: LinkOperation) => RequestOutcome | undefined;

/** What a device does with an operation of the bootstrap server. */
type BootstrapBehaviour = (operation: BootstrapLinkOperation) => RequestOutcome | undefined;

interface CoreOptions {
  readonly store?: Store;
  readonly noSec?: boolean;
  readonly time?: { now: number };
  readonly trusting?: Partial<TrustOptions>;
  readonly downlink?: Partial<DownlinkLimits>;
}

/** Fetches nothing, and knows no certificate of the server. */
const quietTrust: TrustOptions = {
  files: [],
  staleLists: () => 'accept',
  purposeOf: () => 'management',
  fetch: () => Promise.reject(new Error('nothing is fetched in this test')),
  after: () => () => {},
  random: () => 0.5,
};

/** The capabilities around registry and rules as the server joins them, over a link that is only messages. */
export async function openTestCore({
  store = openMemoryStore(),
  noSec = false,
  time = { now: START },
  trusting = {},
  downlink,
}: CoreOptions = {}) {
  const now = () => time.now;
  const sent: LinkDown[] = [];
  const operations: LinkOperation[] = [];
  const bootstrapped: BootstrapLinkOperation[] = [];
  const script: { behaviour: Behaviour; bootstrap: BootstrapBehaviour } = {
    behaviour: answerNothing,
    bootstrap: answerNothing,
  };
  const send = (message: LinkDown): void => {
    sent.push(structuredClone(message));
    if (message.kind === 'perform') operations.push(message.operation);
    else if (message.kind === 'bootstrap') bootstrapped.push(message.operation);
    else return;
    const outcome =
      message.kind === 'perform' ? script.behaviour(message.operation) : script.bootstrap(message.operation);
    if (!outcome) return;
    const { request } = message;
    setImmediate(() =>
      dispatcher.dispatch([{ kind: 'outcome', at: now(), request, outcome: structuredClone(outcome) }]),
    );
  };
  const sealer = await openSealer({ keyFile });
  const joined = await openCore({
    store,
    sealer,
    organisationId,
    noSec,
    listener: (ingress) => `coaps://192.0.2.200:${5684 + ingress}`,
    send,
    now,
    fetch() {},
    contacted: () => {},
    uris: () => ({
      coaps: 'coaps://192.0.2.200:5684',
      coap: 'coap://192.0.2.200:5683',
      'coaps+tcp': 'coaps+tcp://192.0.2.200:5684',
      'coap+tcp': 'coap+tcp://192.0.2.200:5683',
      bootstrap: 'coaps://192.0.2.200:5784',
    }),
    downlink,
    trust: { ...quietTrust, ...trusting },
  });
  const { fleet, dispatcher } = joined;
  const handlers = coreHandlers(joined, {
    standings: async () => new Map(),
    forgetFrames: () => {},
    downlinkOf: async () => ({ awakeSeconds: 93, queuedCommands: 0 }),
    describe: (entry) => `words for ${entry.type}`,
    startedAt: START,
  });
  let exchanges = 0;

  const core = {
    ...joined,
    handlers,
    sent,
    operations,
    bootstrapped,
    script,
    time,

    /** Adds a device with a key, as a person does. */
    async add(
      endpoint: string,
      more: { noSec?: boolean; labels?: Record<string, string>; model?: string; gateway?: string } = {},
    ): Promise<Device> {
      const added = await handlers['devices.add'](call({ body: { endpoint, ...more } }));
      const device = fleet.get(added.device.deviceId as DeviceId);
      if (!device) throw new Error('not added');
      return device;
    },

    /** Hands messages of the link over, and lets what follows come to rest. */
    async deliver(...messages: LinkUp[]): Promise<void> {
      dispatcher.dispatch(structuredClone(messages));
      await rest();
    },

    exchange: (): ExchangeRef => {
      exchanges += 1;
      return exchanges as ExchangeRef;
    },

    /** A Register of the device; gives back the answer's code. */
    async register(
      session: SessionInfo,
      more: Partial<Extract<LinkUp, { kind: 'register' }>> = {},
    ): Promise<number | undefined> {
      const exchange = core.exchange();
      await core.deliver({ ...registerMessage(session, exchange, time.now), ...more });
      return core.answerTo(exchange)?.code;
    },

    /** An Update; a plain one unless the test says more. */
    async update(
      session: SessionInfo,
      registrationId: RegistrationId,
      more: Partial<Extract<LinkUp, { kind: 'update' }>> = {},
    ): Promise<number | undefined> {
      const exchange = core.exchange();
      await core.deliver({ kind: 'update', at: time.now, session, exchange, registrationId, ...more });
      return core.answerTo(exchange)?.code;
    },

    /** A notification of the newest observation of a path; `records` make its body. */
    async notify(
      device: Device,
      path: string,
      records: readonly LinkRecord[],
      more: Partial<Extract<LinkUp, { kind: 'notification' }>> = {},
    ): Promise<ExchangeRef> {
      const exchange = core.exchange();
      const [row] = await store.list('observations', { where: { deviceId: device.row.deviceId, path } });
      const { session, registration } = device;
      if (!registration || !session) throw new Error('the device is not in contact');
      await core.deliver({
        kind: 'notification',
        at: time.now,
        session,
        exchange,
        registrationId: registration.registrationId,
        token: row?.token ?? 'none',
        path,
        fresh: true,
        ends: false,
        code: Code.Content,
        body: { kind: 'records', records, truncated: false },
        ...more,
      });
      return exchange;
    },

    answerTo: (exchange: ExchangeRef) => core.sentOf('answer').find((message) => message.exchange === exchange),
    accepted: (exchange: ExchangeRef) => core.sentOf('accept').some((message) => message.exchange === exchange),
    rejected: (exchange: ExchangeRef) => core.sentOf('reject').some((message) => message.exchange === exchange),
    sentOf: <K extends LinkDown['kind']>(kind: K) =>
      sent.filter((message): message is Extract<LinkDown, { kind: K }> => message.kind === kind),

    journal: async (...types: JournalType[]) => store.journal(types.length > 0 ? { types } : {}),
    performed: (kind: LinkOperation['kind']) =>
      operations
        .filter((operation) => operation.kind === kind)
        .map((operation) => ('path' in operation ? operation.path : '/')),
  };
  return core;
}

export type TestCore = Awaited<ReturnType<typeof openTestCore>>;

const answerNothing = () => undefined;

let tokens = 0;

/** A device that observes and has these values, by path; other paths are not found. */
export function deviceWith(known: Readonly<Record<string, LinkRecord['stored']>>): Behaviour {
  return (operation) => {
    const { kind } = operation;
    const text = 'path' in operation ? operation.path : kind === 'read-composite' ? operation.paths.join(' ') : '';
    const { paths = [] } = parseTarget(text) ?? {};
    const records = Object.entries(known)
      .filter(([at]) => paths.some((path) => at === path || at.startsWith(`${path}/`)))
      .map(([at, stored]) => ({ path: at, stored }));
    if (kind === 'write' || kind === 'execute')
      return { kind: 'answered', code: Code.Changed, body: { kind: 'empty' } };
    if (records.length === 0) return { kind: 'answered', code: Code.NotFound, body: { kind: 'empty' } };
    tokens += 1;
    const body = { kind: 'records', records, truncated: false } as const;
    return { kind: 'answered', code: Code.Content, body, ...(kind === 'observe' ? { token: `70${tokens}` } : {}) };
  };
}

let sessions = 0;

/** A DTLS session of an identity; by default the endpoint's own. */
export function sessionOf(identity: string | undefined, more: Partial<SessionInfo> = {}): SessionInfo {
  sessions += 1;
  return {
    sessionId: `session-${sessions}` as SessionId,
    transport: identity === undefined ? 'coap' : 'coaps',
    address: '192.0.2.1:40000',
    ingress: 0,
    ...(identity === undefined ? {} : { identity: `psk:${Buffer.from(identity).toString('hex')}` }),
    ...more,
  };
}

function registerMessage(
  session: SessionInfo,
  exchange: ExchangeRef,
  at: number,
): Extract<LinkUp, { kind: 'register' }> {
  return {
    kind: 'register',
    at,
    session,
    exchange,
    endpoint: 'truck-1',
    lifetime: 300,
    version: '1.1',
    binding: 'U',
    queueMode: false,
    offer: {
      rootPath: '/',
      contentFormats: [112],
      objects: [1, 3, 6].map((objectId) => ({ objectId, instances: [0] })),
    },
    extra: {},
  };
}

/** What every handler is called with. */
export function call<P, Q, B>({ params, query, body }: { params?: P; query?: Q; body?: B } = {}) {
  return {
    organisationId,
    actor,
    params: params as P,
    query: query as Q,
    body: body as B,
    session: { set() {}, clear() {} },
    signal: AbortSignal.any([]),
  };
}

/** An identifier that no one has. */
export const nobody = newId.registration();
