import type { ClientOptions } from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { AckLedger } from './ack-ledger.ts';
import { Fleet, type FleetMember } from './fleet.ts';
import type { DeviceEvent } from './virtual-device.ts';

export interface LoadOptions {
  /** `coap://host:port` or `coaps://host:port`. */
  readonly server: string;
  readonly devices: readonly {
    readonly endpoint: string;
    readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array };
  }[];
  /**
   * What each device does again and again: an Update, or a new position for whoever observes /6/0, in a confirmable
   * notification. Devices that nobody observes wait.
   */
  readonly operation: 'update' | 'notification';
  /** Operations under way at a time, in all. */
  readonly outstanding: number;
  /** Handshakes and Registers under way at a time while the fleet comes up; default 50. */
  readonly starting?: number;
  /** Registration lifetime in seconds; default 3600. */
  readonly lifetime?: number;
  readonly client?: Pick<ClientOptions, 'coap' | 'dtls'>;
}

const LOCATION = path(6, 0);
const DEFAULT_STARTING = 50;

/** The smallest step that a float of LwM2M and a map of degrees both keep apart: about a centimetre. */
const STEP_DEGREES = 1e-7;
const START = { latitude: 36, longitude: -120 };

/** Retries that bring a device back soon after its server was killed. */
const RETRY = { timer: 1, count: 4, sequenceDelay: 1, sequenceCount: 1_000_000 } as const;

/** Puts a server under load from many devices, each with one operation at a time, and keeps what was acknowledged. */
export class LoadGenerator {
  readonly ledger = new AckLedger();
  readonly #options: LoadOptions;
  readonly #fleet: Fleet;
  /** Devices that could do an operation now, the one that has waited longest first. */
  #ready = new Set<FleetMember>();
  readonly #busy = new Set<FleetMember>();
  readonly #latitudes = new Map<FleetMember, number>();
  #running = false;
  #onReady: (() => void) | undefined;

  constructor(options: LoadOptions) {
    this.#options = options;
    this.#fleet = new Fleet((event, member) => this.#onEvent(event, member));
  }

  /** How many devices could do, or do, an operation. */
  get ready(): number {
    return this.#ready.size + this.#busy.size;
  }

  /** Connects all devices; resolves when every one is ready for its operation. */
  async start(): Promise<void> {
    const { server, devices, starting = DEFAULT_STARTING, lifetime = 3600, client } = this.#options;
    for (const [index, device] of devices.entries()) {
      await this.#until(() => this.ready > index - starting);
      await this.#fleet.add({
        ...device,
        serverUri: server,
        position: START,
        server: { lifetime, retry: RETRY },
        client: { ...client, confirmEvery: 1 },
      });
    }
    await this.#until(() => this.ready === devices.length);
  }

  /** Lets the load begin. */
  run(): void {
    this.#running = true;
    this.#fill();
  }

  /** Starts no more operations; those under way come to their end. */
  pause(): void {
    this.#running = false;
  }

  /** Ends at once, with no word to the server. */
  close(): void {
    this.#running = false;
    this.#fleet.close();
  }

  #fill(): void {
    if (!this.#running) return;
    while (this.#busy.size < this.#options.outstanding) {
      const [member] = this.#ready;
      if (member === undefined) return;
      this.#ready.delete(member);
      this.#busy.add(member);
      this.#begin(member);
    }
  }

  #begin(member: FleetMember): void {
    const { client } = member.device;
    if (this.#options.operation === 'update') {
      member.run((now) => client.update(now));
      return;
    }
    const latitude = (this.#latitudes.get(member) ?? START.latitude) + STEP_DEGREES;
    this.#latitudes.set(member, latitude);
    member.run((now) => client.set(LOCATION, { 0: latitude, 5: Math.floor(Date.now() / 1000) }, now));
  }

  #onEvent(event: DeviceEvent, member: FleetMember): void {
    const { endpoint } = member.device;
    switch (event.kind) {
      case 'registered':
        this.ledger.registered(endpoint, event.location.at(-1) ?? '');
        if (this.#options.operation === 'update') this.#finish(member);
        else this.#drop(member);
        break;
      case 'updated':
        this.ledger.updated(endpoint, event.location.at(-1) ?? '');
        if (this.#options.operation === 'update') this.#finish(member);
        break;
      case 'observed':
        if (event.path === LOCATION && this.#options.operation === 'notification') this.#finish(member);
        break;
      case 'acknowledged':
        this.ledger.notified(endpoint, latitudeIn(event.records));
        if (event.path === LOCATION) this.#finish(member);
        break;
      case 'forgotten':
        this.ledger.forgotten(endpoint);
        this.#drop(member);
        break;
      case 'failed':
        this.ledger.registering(endpoint);
        this.#drop(member);
        break;
      case 'reconnecting':
        this.#drop(member);
        break;
      case 'unobserved':
        if (event.path === LOCATION && this.#options.operation === 'notification') this.#drop(member);
        break;
      default:
        break;
    }
  }

  /** A device is free for its next operation. */
  #finish(member: FleetMember): void {
    this.#busy.delete(member);
    this.#ready.add(member);
    this.#fill();
    this.#onReady?.();
  }

  /** A device must first be registered, or observed, again. */
  #drop(member: FleetMember): void {
    this.#ready.delete(member);
    if (this.#busy.delete(member)) this.#fill();
  }

  #until(reached: () => boolean): Promise<void> {
    if (reached()) return Promise.resolve();
    return new Promise((resolve) => {
      this.#onReady = () => {
        if (!reached()) return;
        this.#onReady = undefined;
        resolve();
      };
    });
  }
}

function latitudeIn(records: Extract<DeviceEvent, { kind: 'acknowledged' }>['records']): number {
  const value = records.find((record) => record.path === `${LOCATION}/0`)?.value.value;
  return typeof value === 'number' ? value : Number.NaN;
}
