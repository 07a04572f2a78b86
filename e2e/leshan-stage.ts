import { randomBytes } from 'node:crypto';
import type { Command, CommandOperation } from '@reeve/contract';
import { type LeshanDevice, type LeshanDeviceOptions, startLeshanDevice } from '../peers/leshan/driver.ts';
import { TestServer } from './harness.ts';

const ENDPOINT = 'truck-1';

/** A server of ours, and a Leshan device that registered there over DTLS with a pre-shared key. */
export class LeshanStage {
  readonly server: TestServer;
  readonly device: LeshanDevice;
  /** Of routes about the device. */
  readonly params = { device: ENDPOINT };

  private constructor(server: TestServer, device: LeshanDevice) {
    this.server = server;
    this.device = device;
  }

  /** No Update comes by itself, unless `options` say so. */
  static async open(options: Partial<LeshanDeviceOptions> = {}): Promise<LeshanStage> {
    const server = await TestServer.start();
    const key = randomBytes(16);
    await server.api('devices.add', { body: { endpoint: ENDPOINT, key: key.toString('hex') } });
    const device = await startLeshanDevice({
      server: server.coaps,
      endpoint: ENDPOINT,
      psk: { identity: ENDPOINT, key },
      period: 3600,
      ...options,
    });
    const stage = new LeshanStage(server, device);
    await device
      .waitFor(({ event }) => event === 'registered')
      .catch(async (error: unknown) => {
        await stage.close();
        throw error;
      });
    return stage;
  }

  /** Has the device perform an operation, and waits for the outcome. */
  perform(operation: CommandOperation): Promise<Command> {
    return this.server.api('commands.create', { params: this.params, query: { wait: 20 }, body: { operation } });
  }

  async close(): Promise<void> {
    await this.device.kill();
    await this.server.close();
  }
}
