import { randomBytes } from 'node:crypto';
import {
  type ClientEvent,
  type ClientOptions,
  deviceInstance,
  LwM2mClient,
  type RunningEngine,
  type SecurityOptions,
  securityInstance,
  serverInstance,
  UdpRunner,
} from '@reeve/agent';

/** Our client engine over real sockets, for peers that nobody here wrote. */
export class RunningClient {
  readonly #runner: UdpRunner<ClientEvent>;
  readonly client: LwM2mClient;
  readonly events: ClientEvent[] = [];
  #engine: RunningEngine | undefined;

  private constructor(runner: UdpRunner<ClientEvent>, client: LwM2mClient) {
    this.#runner = runner;
    this.client = client;
  }

  /** Starts a client with a device object, and what else it is given; it need not come to be registered. */
  static async start(endpoint: string, options: Partial<ClientOptions> = {}): Promise<RunningClient> {
    const runner = new UdpRunner<ClientEvent>();
    const client = new LwM2mClient({
      ...{ endpoint, random: (length: number) => randomBytes(length), wallClock: Date.now },
      // Soon enough for a test.
      coap: { ackTimeoutMs: 500 },
      ...options,
      objects: [
        deviceInstance({
          manufacturer: 'Open Mobile Alliance',
          model: 'Client',
          firmware: '1.0',
          battery: 100,
          reboot() {},
        }),
        ...(options.objects ?? []),
      ],
    });
    const running = new RunningClient(runner, client);
    running.#engine = await runner.add(client, (event) => running.events.push(event));
    running.run((now) => client.start(now));
    return running;
  }

  /** Gives the client an input. */
  run(input: (now: number) => void): void {
    this.#engine?.run(input);
  }

  /** Closes its socket, without a word to the server. */
  close(): void {
    this.#runner.close();
  }
}

/** The account of a server that wants to be told once in a minute. */
export const accountOf = (security: SecurityOptions) => [
  securityInstance(security),
  serverInstance({ lifetime: 60, muteSend: false }),
];
