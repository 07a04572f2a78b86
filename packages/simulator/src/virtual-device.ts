import {
  type ClientEvent,
  type ClientOptions,
  connectivityInstance,
  DeviceResource,
  deviceInstance,
  type Engine,
  type Fix,
  fixValues,
  LwM2mClient,
  locationInstance,
  lockInstance,
  type ServerAddress,
  type ServerOptions,
  securityInstance,
  serverInstance,
  type WireEffect,
} from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { type Action, ScenarioPlayer } from './player.ts';
import type { Scenario } from './scenario.ts';

/** What a virtual device is. */
export interface VirtualDeviceOptions {
  readonly endpoint: string;
  /** `coap://host:port`, or one with `coaps`, `coap+tcp` or `coaps+tcp`. */
  readonly serverUri: string;
  /** Whether that is a bootstrap server, from which the device gets its server. */
  readonly bootstrap?: boolean;
  /** The pre-shared key, for `coaps` and `coaps+tcp`. */
  readonly psk?: { readonly identity: Uint8Array; readonly key: Uint8Array };
  /** n bytes of cryptographic randomness. */
  readonly random: (n: number) => Uint8Array;
  /** The time as the device knows it, Unix seconds. */
  readonly clock: () => number;
  /** Where it is at the start. */
  readonly position: { readonly latitude: number; readonly longitude: number };
  /** Per cent at the start; default 80. */
  readonly battery?: number;
  /** Default `1.2.3`. */
  readonly firmware?: string;
  readonly scenario?: Scenario;
  readonly server?: ServerOptions;
  readonly client?: Pick<ClientOptions, 'coap' | 'dtls' | 'confirmEvery'>;
}

/** What a virtual device tells: what its client tells, and what its scenario did. */
export type DeviceEvent = ClientEvent | { readonly kind: 'scenario'; readonly action: Action };

const DEVICE = path(3, 0);
const LOCATION = path(6, 0);

/** Metres within which the receiver of a virtual truck knows where it is. */
const RADIUS_M = 5;

/**
 * A truck that is not there: the client engine with the objects 0, 1, 3, 4, 6 and 8, and a scenario that moves it.
 * Sans-I/O like the engine; it drives on when it is locked, for a lock is not a brake.
 */
export class VirtualDevice implements Engine<DeviceEvent> {
  readonly client: LwM2mClient;
  readonly #player: ScenarioPlayer;
  readonly #clock: () => number;
  #silent = false;
  #events: DeviceEvent[] = [];

  /** @throws RangeError when address and key do not go together */
  constructor(options: VirtualDeviceOptions) {
    const { endpoint, serverUri, psk, random, clock, position, battery = 80, firmware = '1.2.3' } = options;
    const account = { uri: serverUri, ...(psk && { psk }) };
    this.#clock = clock;
    this.#player = new ScenarioPlayer(options.scenario ?? [], battery);
    this.client = new LwM2mClient({
      endpoint,
      random,
      objects: [
        ...(options.bootstrap ? [] : [securityInstance(account), serverInstance(options.server)]),
        deviceInstance({
          manufacturer: 'Reeve Simulator',
          model: 'Truck',
          serial: `SN-${endpoint}`,
          firmware,
          battery,
          reboot() {},
        }),
        connectivityInstance({ bearer: 6, signalStrength: -85, addresses: ['192.0.2.1'] }),
        locationInstance(this.#fix(position, 0)),
        lockInstance({ wipeItems: ['routes', 'credentials'] }),
      ],
      ...(options.bootstrap && { bootstrap: account }),
      ...options.client,
    });
  }

  get endpoint(): string {
    return this.client.endpoint;
  }

  get addresses(): readonly ServerAddress[] {
    return this.client.addresses;
  }

  /** Registers, and begins the scenario. */
  start(now: number): void {
    this.#player.start(now);
    this.client.start(now);
  }

  /** De-registers. */
  stop(now: number): void {
    this.client.stop(now);
  }

  receive(securityId: number, bytes: Uint8Array, now: number): void {
    if (!this.#silent) this.client.receive(securityId, bytes, now);
  }

  connected(securityId: number, now: number): void {
    if (!this.#silent) this.client.connected(securityId, now);
  }

  disconnected(securityId: number, detail: string, now: number): void {
    if (!this.#silent) this.client.disconnected(securityId, detail, now);
  }

  tick(now: number): void {
    for (const action of this.#player.tick(now)) this.#act(action, now);
    if (!this.#silent) this.client.tick(now);
  }

  nextWakeAt(): number | undefined {
    const scenario = this.#player.nextWakeAt();
    const client = this.#silent ? undefined : this.client.nextWakeAt();
    return scenario === undefined || client === undefined ? (scenario ?? client) : Math.min(scenario, client);
  }

  drain(): readonly (WireEffect | DeviceEvent)[] {
    const effects = this.client.drain();
    if (this.#events.length === 0 && !this.#silent) return effects;
    const events = this.#events;
    this.#events = [];
    return [...events, ...(this.#silent ? effects.filter(({ kind }) => kind !== 'send') : effects)];
  }

  #act(action: Action, now: number): void {
    this.#events.push({ kind: 'scenario', action });
    switch (action.kind) {
      case 'move':
        this.client.set(LOCATION, fixValues(this.#fix(action.position, action.speed)), now);
        break;
      case 'battery':
        this.client.set(DEVICE, { [DeviceResource.battery]: action.level }, now);
        break;
      case 'firmware':
        this.client.set(DEVICE, { [DeviceResource.firmware]: action.version }, now);
        break;
      case 'silence':
      case 'resume':
        this.#silent = action.kind === 'silence';
        break;
    }
  }

  #fix({ latitude, longitude }: { readonly latitude: number; readonly longitude: number }, speed: number): Fix {
    return { latitude, longitude, radius: RADIUS_M, timestamp: this.#clock(), speed };
  }
}
