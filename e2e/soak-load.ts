import { path } from '@reeve/lwm2m';
import { type DeviceEvent, Fleet, type FleetMember } from '@reeve/simulator';

/** What the server acknowledged to one device. */
export interface Acknowledged {
  /** Absent while a Register is under way: the server may hold the old registration or the new one. */
  readonly registrationId?: string;
  /** When the last message that was answered was sent, ms since the epoch. */
  readonly contactAt: number;
  /** Every latitude of an acknowledged notification since the ledger was taken last, oldest first. */
  readonly latitudes: readonly number[];
}

export interface SoakDevice {
  readonly endpoint: string;
  readonly serverUri: string;
  readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array };
}

export type SoakCounts = Readonly<Record<'registers' | 'updates' | 'notifications', number>>;

const LOCATION = path(6, 0);
const START = { latitude: 32, longitude: -120 };
/** A step that a latitude keeps in a float of 32 bits as well as in JSON. */
const STEP = 2 ** -16;
/** Longest rest of a device between two operations, ms. */
const REST_MS = 40;
/** Brings a device back soon after its server was killed. */
const RETRY = { timer: 1, count: 4, sequenceDelay: 1, sequenceCount: 1_000_000 } as const;
const TIMERS = { coap: { ackTimeoutMs: 400, maxRetransmit: 1 }, dtls: { initialMs: 400, attempts: 2 } } as const;

interface State {
  registrationId: string | undefined;
  contactAt: number;
  sentAt: number;
  latitude: number;
  latitudes: number[];
  observed: boolean;
}

/** Devices that register, update and notify without end, each one thing at a time, and keep what was acknowledged. */
export class SoakLoad {
  readonly #fleet = new Fleet((event, member) => this.#onEvent(event, member));
  readonly #states = new Map<string, State>();
  readonly #random: () => number;
  /** Registrations that were acknowledged, and that the server later said it did not know. */
  readonly forgotten: string[] = [];
  readonly #counts = { registers: 0, updates: 0, notifications: 0 };
  #paused = false;
  readonly #resting = new Set<FleetMember>();

  constructor(random: () => number) {
    this.#random = random;
  }

  get counts(): SoakCounts {
    return { ...this.#counts };
  }

  async add(device: SoakDevice): Promise<void> {
    this.#states.set(device.endpoint, {
      registrationId: undefined,
      contactAt: 0,
      sentAt: Date.now(),
      latitude: START.latitude,
      latitudes: [],
      observed: false,
    });
    await this.#fleet.add({
      ...device,
      position: START,
      server: { lifetime: 3600, retry: RETRY },
      client: { ...TIMERS, confirmEvery: 1 },
    });
  }

  /** Begins nothing new; what is under way comes to its end. */
  pause(): void {
    this.#paused = true;
  }

  resume(): void {
    this.#paused = false;
    for (const member of this.#resting) this.#rest(member);
    this.#resting.clear();
  }

  /** What was acknowledged since this was called last. */
  take(): Map<string, Acknowledged> {
    const taken = new Map<string, Acknowledged>();
    for (const [endpoint, state] of this.#states) {
      const { registrationId, contactAt, latitudes } = state;
      taken.set(endpoint, { ...(registrationId && { registrationId }), contactAt, latitudes });
      state.latitudes = [];
    }
    return taken;
  }

  /** Whether a registration is still the one that the device believes in. */
  holds(endpoint: string, registrationId: string): boolean {
    return this.#states.get(endpoint)?.registrationId === registrationId;
  }

  close(): void {
    this.#paused = true;
    this.#fleet.close();
  }

  #onEvent(event: DeviceEvent, member: FleetMember): void {
    const { endpoint } = member.device;
    const state = this.#states.get(endpoint);
    if (!state) return;
    switch (event.kind) {
      case 'registered':
      case 'updated':
        this.#counts[event.kind === 'registered' ? 'registers' : 'updates'] += 1;
        state.registrationId = event.location.at(-1);
        state.contactAt = state.sentAt;
        this.#rest(member);
        break;
      case 'acknowledged':
        if (event.path !== LOCATION) break;
        this.#counts.notifications += 1;
        state.contactAt = state.sentAt;
        state.latitudes.push(latitudeIn(event.records));
        this.#rest(member);
        break;
      case 'observed':
      case 'unobserved':
        if (event.path === LOCATION) state.observed = event.kind === 'observed';
        break;
      case 'forgotten':
        this.forgotten.push(`${endpoint} ${state.registrationId}`);
        state.registrationId = undefined;
        break;
      case 'failed':
        state.registrationId = undefined;
        break;
      case 'deregistered':
        state.observed = false;
        state.sentAt = Date.now();
        member.run((now) => member.device.start(now));
        break;
      case 'reconnecting':
        // What it was about is not known to have arrived; the Update over the new link is what counts next.
        state.observed = false;
        state.sentAt = Date.now();
        break;
      default:
        break;
    }
  }

  #rest(member: FleetMember): void {
    setTimeout(() => this.#next(member), REST_MS * this.#random());
  }

  #next(member: FleetMember): void {
    const { device } = member;
    const state = this.#states.get(device.endpoint);
    if (!state) return;
    if (this.#paused) {
      this.#resting.add(member);
      return;
    }
    if (device.client.registration.kind !== 'registered') return;
    const choice = this.#random();
    state.sentAt = Date.now();
    if (choice < 0.02) {
      state.registrationId = undefined;
      member.run((now) => device.stop(now));
    } else if (choice < 0.5 || !state.observed) {
      member.run((now) => device.client.update(now));
    } else {
      state.latitude += STEP;
      const { latitude } = state;
      member.run((now) => device.client.set(LOCATION, { 0: latitude, 5: Math.floor(Date.now() / 1000) }, now));
    }
  }
}

function latitudeIn(records: Extract<DeviceEvent, { kind: 'acknowledged' }>['records']): number {
  const value = records.find((record) => record.path === `${LOCATION}/0`)?.value.value;
  return typeof value === 'number' ? value : Number.NaN;
}
