import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { DeviceDetail, Incident } from '@reeve/contract';
import { type LeshanDevice, startLeshanDevice } from '../peers/leshan/driver.ts';
import { Receiver, type TestServer, until } from './harness.ts';

const policyFile = fileURLToPath(new URL('../examples/policies/only-california.yaml', import.meta.url));
const webhookDocs = fileURLToPath(new URL('../docs/webhooks.md', import.meta.url));

/** The verifier exactly as the documentation gives it. */
const { isGenuine } = (await import(
  `data:text/javascript,${encodeURIComponent(/```js\n([\s\S]*?)```/.exec(readFileSync(webhookDocs, 'utf8'))?.[1] ?? '')}`
)) as { isGenuine: Parameters<typeof Receiver.start>[0] };

/** West and east of the California–Nevada line. */
const TRUCKEE = [39.328, -120.183] as const;
const RENO = [
  [39.529, -119.813],
  [39.53, -119.81],
] as const;

/** The truck drives out of California and back; what must hold at each step is waited for, and returned at the end. */
export class Story {
  readonly endpoint: string;
  readonly receiver: Receiver;
  readonly device: LeshanDevice;
  readonly #server: TestServer;
  /** Called between tries: restarts a server that died. */
  readonly #heal: () => Promise<void>;
  readonly #patienceMs: number;

  private constructor(
    server: TestServer,
    receiver: Receiver,
    device: LeshanDevice,
    endpoint: string,
    { heal, patienceMs }: { heal: () => Promise<void>; patienceMs: number },
  ) {
    this.#server = server;
    this.receiver = receiver;
    this.device = device;
    this.endpoint = endpoint;
    this.#heal = heal;
    this.#patienceMs = patienceMs;
  }

  /** Sets up policy, webhook and device; the device begins to register. */
  static async begin(server: TestServer, { heal = async () => {}, defaultTimers = false } = {}): Promise<Story> {
    const { api } = server;
    const endpoint = 'truck-1';
    const key = randomBytes(16);
    await api('devices.add', { body: { endpoint, key: key.toString('hex'), labels: { fleet: 'trucks' } } });
    await api('policies.apply', { body: { source: readFileSync(policyFile, 'utf8') } });
    const receiver = await Receiver.start(isGenuine);
    receiver.secret = (await api('webhooks.add', { body: { url: receiver.url } })).secret;
    const device = await startLeshanDevice({
      server: server.coaps,
      endpoint,
      psk: { identity: endpoint, key },
      defaultTimers,
    });
    // Leshan's own timers bring a device back about 70 s after its server's death.
    const patienceMs = defaultTimers ? 200_000 : 60_000;
    return new Story(server, receiver, device, endpoint, { heal, patienceMs });
  }

  /** The whole story. */
  async play(): Promise<void> {
    await this.registered();
    await this.stay();
    await this.leave();
    await this.locked();
    await this.comeBack();
    await this.unlocked();
  }

  async registered(): Promise<void> {
    await this.until('the device is registered and observed', async () => {
      const { presence, observations } = await this.detail();
      const live = observations.filter(({ state }) => state === 'live').map(({ path }) => path);
      return presence.state === 'awake' && ['/3/0/3', '/3/0/9', '/6/0'].every((path) => live.includes(path));
    });
  }

  /** Is in California. */
  async stay(): Promise<void> {
    await this.#drive(TRUCKEE);
    await this.until('the region rule is kept', async () => (await this.rule('state'))?.state === 'ok');
  }

  /** Drives out of California. */
  async leave(): Promise<void> {
    for (const fix of RENO) await this.#drive(fix);
    await this.until('the region rule is broken', async () => (await this.rule('state'))?.state === 'breached');
  }

  async locked(): Promise<void> {
    await this.until('the device is locked', async () => (await this.detail()).lock.state === 'locked');
    await this.until('the webhook heard of it', async () =>
      this.receiver.notices.some(({ type }) => type === 'response.locked'),
    );
  }

  /** Drives back into California. */
  async comeBack(): Promise<void> {
    await this.#drive(TRUCKEE);
    await this.#drive([TRUCKEE[0] + 0.001, TRUCKEE[1]]);
    await this.until('the rule is kept again', async () => (await this.rule('state'))?.state === 'ok');
  }

  async unlocked(): Promise<void> {
    await this.until('the device is unlocked', async () => (await this.detail()).lock.state === 'unlocked');
    await this.until('the incident is cleared', async () => (await this.incidents())[0]?.state === 'cleared');
    await this.registered();
  }

  detail(): Promise<DeviceDetail> {
    return this.#server.api('devices.show', { params: { device: this.endpoint } });
  }

  async incidents(): Promise<Incident[]> {
    return (await this.#server.api('incidents.list', { query: { device: this.endpoint } })).items;
  }

  async rule(ruleId: string): Promise<DeviceDetail['rules'][number] | undefined> {
    return (await this.detail()).rules.find((rule) => rule.ruleId === ruleId);
  }

  until<T>(what: string, probe: () => Promise<T | undefined | false>, timeoutMs = this.#patienceMs): Promise<T> {
    return until(what, probe, { timeoutMs, again: this.#heal });
  }

  async end(): Promise<void> {
    await this.device.kill();
    this.receiver.close();
  }

  /** Moves the device, and repeats the fix until the server has it: a notification may meet a dead server. */
  async #drive([latitude, longitude]: readonly [number, number]): Promise<void> {
    this.device.fix(latitude, longitude);
    let tries = 0;
    await this.until(`the server has the fix ${latitude}, ${longitude}`, async () => {
      const { location } = await this.detail();
      if (location?.latitude === latitude && location.longitude === longitude) return true;
      tries += 1;
      if (tries % 10 === 0) this.device.repeat();
      return false;
    });
  }
}
