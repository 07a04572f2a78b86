import { randomBytes } from 'node:crypto';
import { type ClientEvent, type ClientOptions, EngineRunner, LwM2mClient, type RunningEngine } from '@reeve/agent';
import { deviceOf } from './configuration.ts';

/** Our client engine over real sockets, for peers that nobody here wrote. */
export class RunningClient {
  readonly #runner: EngineRunner<ClientEvent>;
  readonly client: LwM2mClient;
  readonly events: ClientEvent[] = [];
  #engine: RunningEngine | undefined;

  private constructor(runner: EngineRunner<ClientEvent>, client: LwM2mClient) {
    this.#runner = runner;
    this.client = client;
  }

  /** Starts a client with a device object, and what else it is given; it need not come to be registered. */
  static async start(endpoint: string, options: Partial<ClientOptions> = {}): Promise<RunningClient> {
    const runner = new EngineRunner<ClientEvent>();
    const client = new LwM2mClient({
      ...{ endpoint, random: (length: number) => randomBytes(length), wallClock: Date.now },
      // Soon enough for a test.
      coap: { ackTimeoutMs: 500 },
      ...options,
      objects: [deviceOf(), ...(options.objects ?? [])],
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
