import { EngineRunner, type RunningEngine } from '@reeve/agent';
import { pooledRandom } from './random.ts';
import { type DeviceEvent, VirtualDevice, type VirtualDeviceOptions } from './virtual-device.ts';

/** A device of a fleet; what its surroundings give is left out. */
export type FleetDevice = Omit<VirtualDeviceOptions, 'random' | 'clock'>;

/** A device that runs. */
export interface FleetMember {
  readonly device: VirtualDevice;
  /** Gives the device an input. */
  readonly run: RunningEngine['run'];
}

/** How long `stop` waits for the answers to De-register, ms. */
const FAREWELL_MS = 2_000;

/** Many virtual devices over real UDP, with one timer. */
export class Fleet {
  readonly #runner = new EngineRunner<DeviceEvent>();
  readonly #members: FleetMember[] = [];
  readonly #random = pooledRandom();
  readonly #onEvent: (event: DeviceEvent, member: FleetMember) => void;
  #onFarewell: (() => void) | undefined;

  constructor(onEvent: (event: DeviceEvent, member: FleetMember) => void) {
    this.#onEvent = onEvent;
  }

  get members(): readonly FleetMember[] {
    return this.#members;
  }

  /**
   * Adds a device and starts it.
   *
   * @throws Error when the server's name can't be resolved, or address and key do not go together
   */
  async add(options: FleetDevice): Promise<FleetMember> {
    const device = new VirtualDevice({
      ...options,
      random: this.#random,
      clock: () => Math.floor(Date.now() / 1000),
    });
    const running = await this.#runner.add(device, (event) => {
      this.#onEvent(event, member);
      if (event.kind === 'deregistered') this.#onFarewell?.();
    });
    const member: FleetMember = { device, run: (input) => running.run(input) };
    this.#members.push(member);
    member.run((now) => device.start(now));
    return member;
  }

  /** De-registers what is registered and closes all sockets. */
  async stop(): Promise<void> {
    for (const { device, run } of this.#members) run((now) => device.stop(now));
    await this.#farewell();
    this.close();
  }

  /** Closes all sockets at once, as a power cut would. */
  close(): void {
    this.#runner.close();
  }

  #farewell(): Promise<void> {
    const leaving = () => this.#members.some(({ device }) => device.client.registration.kind === 'deregistering');
    if (!leaving()) return Promise.resolve();
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, FAREWELL_MS);
      this.#onFarewell = () => {
        if (leaving()) return;
        clearTimeout(timer);
        resolve();
      };
    });
  }
}
