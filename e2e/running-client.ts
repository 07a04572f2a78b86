import { randomBytes } from 'node:crypto';
import {
  type ClientEvent,
  type ClientOptions,
  deviceInstance,
  EngineRunner,
  LwM2mClient,
  type ObjectInstance,
  type RunningEngine,
} from '@reeve/agent';
import { until } from './harness.ts';

/** The device object of a truck. */
export const truckInstance = (manufacturer = 'Reeve'): ObjectInstance =>
  deviceInstance({ manufacturer, model: 'Truck', firmware: '1.2.3', battery: 80, reboot() {} });

/** Our client engine over real sockets. */
export class RunningClient {
  readonly client: LwM2mClient;
  /** What it has told, in order. */
  readonly events: ClientEvent[] = [];
  readonly #runner = new EngineRunner<ClientEvent>();
  #engine: RunningEngine | undefined;

  private constructor(options: ClientOptions) {
    this.client = new LwM2mClient(options);
  }

  /** Starts a client with these objects; it need not come to be registered. */
  static async start(
    endpoint: string,
    objects: readonly ObjectInstance[],
    options: Partial<ClientOptions> = {},
  ): Promise<RunningClient> {
    const running = new RunningClient({
      ...{ endpoint, objects, random: (n: number) => randomBytes(n), wallClock: Date.now },
      // Soon enough for a test: what is lost, or not answered at once, can be asked for again meanwhile.
      coap: { ackTimeoutMs: 250 },
      ...options,
    });
    running.#engine = await running.#runner.add(running.client, (event) => running.events.push(event));
    running.run((now) => running.client.start(now));
    return running;
  }

  /** Resolves when it knows that it is registered. */
  async registered(): Promise<void> {
    await until('it is registered', async () => this.client.registration.kind === 'registered');
  }

  /** Gives the client an input. */
  run(input: (now: number) => void): void {
    this.#engine?.run(input);
  }

  /** Closes its sockets, without a word to the server. */
  close(): void {
    this.#runner.close();
  }
}
