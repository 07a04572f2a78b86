import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { deviceId, openTestQueue, read, rest, START } from '../commands/test-commands.ts';
import { newId } from '../ids.ts';
import { carrierOf } from '../registry/fleet.ts';
import { wakeLimits } from './limits.ts';
import { type SmsConfig, Waker } from './waker.ts';

const NUMBER = '+4915112345678';
const MINUTE = 60_000;
const secretFile = join(mkdtempSync(join(tmpdir(), 'reeve-wake-')), 'secret');
writeFileSync(secretFile, 's3cret\n');

/** Whoever sends SMS: keeps what it was given, and answers as it is told. */
class Gateway {
  readonly posts: { readonly id: string; readonly number: string; readonly hex: string; readonly base64: string }[] =
    [];
  readonly signatures: boolean[] = [];
  status = 202;
  readonly #server: Server;
  url = '';

  constructor() {
    this.#server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => {
        body += part;
      });
      request.on('end', () => {
        this.posts.push(JSON.parse(body));
        const { 'reeve-timestamp': at, 'reeve-id': id, 'reeve-signature': signature } = request.headers;
        const expected = createHmac('sha256', 's3cret').update(`${at}.${id}.${body}`).digest('hex');
        this.signatures.push(signature === `v1=${expected}`);
        response.writeHead(this.status).end();
      });
    });
  }

  async listen(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/sms`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const open: { gateway?: Gateway; waker?: Waker } = {};
afterEach(() => {
  open.waker?.stop();
  open.gateway?.close();
});

/** A device in queue mode that sleeps, and a server that may wake it. */
async function asleep({ sms = NUMBER, ...config }: Partial<SmsConfig> & { sms?: string } = {}) {
  const registration = { queueMode: 1, sms };
  const queue = await openTestQueue({ connected: false, registration });
  queue.time.now += 10 * MINUTE;
  const gateway = new Gateway();
  await gateway.listen();
  const options = { ...queue, commands: queue.queue, fetch: globalThis.fetch, now: () => queue.time.now };
  const waker = await Waker.open({ url: gateway.url, secretFile, ...config }, options);
  Object.assign(open, { gateway, waker });
  const tick = async (later = 0) => {
    queue.time.now += later;
    await rest();
    await waker.tick();
  };
  return { ...queue, gateway, waker, tick, options };
}

describe('a sleeping device with an urgent command', () => {
  it('is sent an SMS that asks for an Update, which is on record with the command', async () => {
    const { add, row, store, gateway, tick } = await asleep();
    const command = await add(read, { priority: 'urgent' });
    await tick();
    const [post] = gateway.posts;
    expect(post).toMatchObject({ number: NUMBER, hex: expect.stringMatching(/^4402[0-9a-f]{12}b13101300138$/) });
    expect(Buffer.from(post?.base64 ?? '', 'base64').toString('hex')).toBe(post?.hex);
    expect(gateway.signatures).toEqual([true]);
    const { receipts, state } = await row(command);
    expect(state).toBe('queued');
    expect(receipts.at(-1)).toMatchObject({ step: 'woken', text: `woken by SMS to ${NUMBER}` });
    expect(await store.journal({ types: ['device.woken'] })).toMatchObject([
      { deviceId, payload: { commandId: command.commandId, number: NUMBER } },
    ]);
  });

  it('gets one message in ten minutes and twelve in a day, also over a restart', async () => {
    const { add, gateway, tick, options, time, store } = await asleep();
    await add(read, { priority: 'urgent', expiresAt: START + 3 * 86_400_000 });
    await tick();
    await tick(9 * MINUTE);
    await add(read, { priority: 'urgent' });
    await tick();
    expect(gateway.posts).toHaveLength(1);
    const again = await Waker.open({ url: gateway.url, secretFile }, options);
    await again.tick();
    again.stop();
    expect(gateway.posts).toHaveLength(1);
    for (let minute = 0; minute < 12 * 60; minute += 5) await tick(5 * MINUTE);
    expect(gateway.posts).toHaveLength(wakeLimits.perDay);
    expect((await store.get('wakeUps', { deviceId }))?.count).toBe(wakeLimits.perDay);
    time.now = START + 86_400_000;
    await tick();
    expect(gateway.posts).toHaveLength(wakeLimits.perDay + 1);
  });

  it('waits with all others while the gateway fails, longer each time', async () => {
    const { add, row, gateway, tick, device, fleet } = await asleep({ minutesBetween: 1 });
    gateway.status = 503;
    const command = await add(read, { priority: 'urgent' });
    const other = fleet.put({ ...device.row, deviceId: newId.device(), endpoint: 'other', smsNumber: '491511' });
    const { deviceId: of } = other.row;
    if (device.registration) fleet.setRegistration(other, { ...device.registration, deviceId: of });
    await add(read, { deviceId: of, priority: 'urgent' });
    await tick();
    expect(gateway.posts).toHaveLength(1);
    expect((await row(command)).receipts.at(-1)?.text).toContain('answered 503');
    await tick(wakeLimits.firstPause - 1);
    expect(gateway.posts).toHaveLength(1);
    await tick(1);
    expect(gateway.posts.map(({ number }) => number)).toEqual([NUMBER, '491511']);
    gateway.status = 200;
    await tick(2 * wakeLimits.firstPause - 1);
    expect(gateway.posts).toHaveLength(2);
    await tick(MINUTE);
    expect(gateway.posts).toHaveLength(4);
  });

  it('is behind all others once the hour has had its messages', async () => {
    const { add, gateway, tick } = await asleep({ perHour: 2, minutesBetween: 1 });
    await add(read, { priority: 'urgent' });
    for (let minute = 0; minute < 50; minute++) await tick(MINUTE);
    expect(gateway.posts).toHaveLength(2);
    await tick(20 * MINUTE);
    expect(gateway.posts).toHaveLength(3);
  });

  it('is not woken once it was heard', async () => {
    const { add, gateway, tick, heard, device, time } = await asleep();
    await add(read, { priority: 'urgent' });
    device.lastHeard = time.now;
    await heard();
    await tick();
    expect(gateway.posts).toEqual([]);
  });
});

describe('who is woken for what', () => {
  const wakes = async (given: {
    row?: object;
    sms?: string;
    config?: Partial<SmsConfig>;
    priority?: 'normal' | 'background';
  }) => {
    const { row = {}, sms = NUMBER, config = {}, priority } = given;
    const { add, gateway, tick, device, fleet } = await asleep({ sms, ...config });
    fleet.put({ ...device.row, ...row });
    await add(read, { priority: priority ?? 'urgent' });
    await tick();
    return gateway.posts.map(({ number }) => number);
  };

  it.each([
    ['normal commands wake nobody', { priority: 'normal' }, []],
    ['but where the server has it so', { priority: 'normal', config: { wake: 'normal' } }, [NUMBER]],
    ['or the device', { priority: 'normal', row: { wake: 'normal' } }, [NUMBER]],
    ['what has no urgency wakes nobody', { priority: 'background', row: { wake: 'normal' } }, []],
    ['a device may be left alone', { row: { wake: 'never' } }, []],
    ['a person knows the number better', { row: { smsNumber: '4911' } }, ['4911']],
    ['other identifiers are no numbers', { sms: 'meter@operator.example' }, []],
  ] as const)('%s', async (_, given, numbers) => expect(await wakes(given)).toEqual(numbers));

  it('is the gateway that the device is behind', async () => {
    const { queue, gateway, tick, fleet, device, add } = await asleep();
    const row = { ...device.row, deviceId: newId.device(), endpoint: 'meter', gatewayId: deviceId };
    const meter = fleet.put(row);
    if (device.registration) fleet.setRegistration(meter, { ...device.registration, deviceId: row.deviceId });
    expect(carrierOf(meter)).toBe(device);
    const command = await add(read, { deviceId: row.deviceId, priority: 'urgent' });
    await tick();
    expect(gateway.posts.map(({ number }) => number)).toEqual([NUMBER]);
    expect((await queue.next(row.deviceId))?.commandId).toBe(command.commandId);
  });

  it('is nobody if there is no secret to sign with', async () => {
    const { options, gateway } = await asleep();
    const empty = join(mkdtempSync(join(tmpdir(), 'reeve-wake-')), 'secret');
    writeFileSync(empty, '\n');
    await expect(Waker.open({ url: gateway.url, secretFile: empty }, options)).rejects.toThrow('is empty');
  });
});
