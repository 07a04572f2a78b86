import type { ObjectInstance } from '@reeve/agent';
import type { LwM2mPath } from '@reeve/lwm2m';
import { expect } from 'vitest';
import { RunningClient } from '../e2e/running-client.ts';
import { type LeshanServer, startLeshanServer } from '../peers/leshan/driver.ts';
import { accountOf, deviceOf, type Values } from './configuration.ts';

type Command = Parameters<LeshanServer['request']>[0];
type Answer = Awaited<ReturnType<LeshanServer['request']>>;
type ServerEvent = LeshanServer['history'][number];

/** How a device is made, beside Configuration C.3. */
interface Device {
  readonly objects?: readonly ObjectInstance[];
  /** Of the server object; the lifetime is 600 by default, and there is no least period. */
  readonly values?: Values;
  readonly client?: Parameters<typeof RunningClient.start>[2];
}

/** Leshan's server, and a client of ours after the other that registers there. */
export class LeshanStage {
  #server: LeshanServer | undefined;
  #running: RunningClient | undefined;
  #endpoint = '';

  async open(): Promise<void> {
    this.#server = await startLeshanServer();
  }

  async close(): Promise<void> {
    await this.#server?.stop();
  }

  /** The present client goes. */
  leave(): void {
    this.#running?.close();
    this.#server?.forgetPending();
  }

  get server(): LeshanServer {
    if (!this.#server) throw new Error('the stage is not open');
    return this.#server;
  }

  get running(): RunningClient {
    if (!this.#running) throw new Error('no client has begun');
    return this.#running;
  }

  /** A client registers, and knows it; what the server has heard of it. */
  readonly begin = async (endpoint: string, { objects = [], values = {}, client = {} }: Device = {}) => {
    this.#endpoint = endpoint;
    const account = accountOf({ uri: this.server.coap }, { 1: 600, 2: 0, ...values });
    this.#running = await RunningClient.start(endpoint, [deviceOf(), ...account, ...objects], client);
    const registered = await this.heard('registered');
    await this.running.registered();
    return registered;
  };

  /** The next event of this kind that has to do with the client. */
  heard<Kind extends ServerEvent['event']>(kind: Kind): Promise<Extract<ServerEvent, { event: Kind }>> {
    return this.server.waitFor(
      (event): event is Extract<ServerEvent, { event: Kind }> =>
        event.event === kind && 'endpoint' in event && event.endpoint === this.#endpoint,
    );
  }

  /** Has the server ask the client, and expects a code; the value of the answer. */
  readonly ask = async (code: number, command: Command, at: string, value?: string): Promise<Answer['value']> => {
    const answer = await this.server.request(command, this.#endpoint, at, value);
    expect(answer.code, `${command} ${at} ${value ?? ''}`).toBe(code);
    return answer.value;
  };

  readonly read = (at: string, format?: number): Promise<Answer['value']> =>
    this.ask(205, 'read', at, format === undefined ? undefined : `${format}`);

  readonly updated = async (lifetime: number): Promise<void> => {
    expect(await this.heard('updated')).toMatchObject({ lifetime });
  };

  /** The value of the next notification of a path, or of several with commas. */
  readonly notified = async (at: string): Promise<Answer['value']> => {
    const told = await this.heard('notification');
    expect(told.path).toBe(at);
    return told.value;
  };

  /** The values change on the device. */
  set(instance: LwM2mPath, values: Values): void {
    this.running.run((now) => this.running.client.set(instance, values, now));
  }

  /** The client Sends what paths hold; what the server has heard, by path. */
  async sent(...paths: LwM2mPath[]): Promise<Record<string, unknown>> {
    this.running.run((now) => this.running.client.send(paths, now));
    const { values } = await this.heard('sent');
    return Object.fromEntries(values.map((one) => [one.path, one.value]));
  }
}

/** A pack for the server to write: SenML JSON with a base name. */
export const senml = (base: string, ...records: readonly object[]): string =>
  JSON.stringify(records.map((record, index) => (index === 0 ? { bn: base, ...record } : record)));
