import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { securityInstance, serverInstance } from '@reeve/agent';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from './harness.ts';
import { InProcessServer } from './in-process.ts';
import { RunningClient, truckInstance } from './running-client.ts';

const ENDPOINT = 'meter-1';
const NUMBER = '+4915112345678';
const params = { device: ENDPOINT };
/** How long both take it for awake: time enough for a request on a busy machine. */
const AWAKE_S = 3;

/** A device of our own that sleeps, and a gateway that brings it what the server has sent to its number. */
describe('A sleeping device that is reached by SMS', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'reeve-sms-'));
  const posted: string[] = [];
  const gateway = createServer();
  let running: RunningClient;
  let server: InProcessServer;

  beforeAll(async () => {
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, randomBytes(16).toString('hex'));
    await new Promise<void>((resolve) => gateway.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(gateway.address() as AddressInfo).port}/`;
    server = await InProcessServer.start({
      listen: [{ transport: 'coaps' }, { transport: 'coap', noSec: true }],
      sms: { url, secretFile },
    });
    await server.api('devices.add', { body: { endpoint: ENDPOINT, noSec: true } });
    await server.api('devices.change', { params, body: { awakeSeconds: AWAKE_S } });
    const objects = [
      securityInstance({ uri: `coap://127.0.0.1:${server.portOf('coap')}` }),
      serverInstance({ lifetime: 86_400, smsTrigger: true }),
      truckInstance(),
    ];
    running = await RunningClient.start(ENDPOINT, objects, { queueMode: AWAKE_S * 1000, smsNumber: NUMBER });
    gateway.on('request', async (request, response) => {
      const { number, hex } = JSON.parse(Buffer.concat(await request.toArray()).toString());
      response.writeHead(202).end();
      posted.push(number);
      running.run((now) => running.client.receiveSms(Buffer.from(hex, 'hex'), now));
    });
  });
  afterAll(async () => {
    running?.close();
    gateway.close();
    gateway.closeAllConnections();
    await server?.[Symbol.asyncDispose]();
    rmSync(folder, { recursive: true, force: true });
  });

  const shown = () => server.api('devices.show', { params });
  const asleep = () =>
    until('both to know that it sleeps', async () => {
      const { presence, values } = await shown();
      return values.length > 0 && presence.state === 'asleep' && running.events.at(-1)?.kind === 'asleep';
    });

  it('TR-3: is woken for an urgent command, and answers it', async () => {
    await asleep();
    expect((await shown()).registration?.sms).toBe(NUMBER);
    const command = await server.api('commands.create', {
      params,
      query: { wait: 30 },
      body: { operation: { kind: 'read', path: '/3/0/9' }, priority: 'urgent' },
    });
    expect(command).toMatchObject({ state: 'answered', values: [{ path: '/3/0/9', value: 80 }] });
    expect(command.receipts.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['queued', 'woken', 'sent', 'answered']),
    );
    expect(posted).toEqual([NUMBER]);
    const { items } = await server.api('devices.timeline', { params, query: {} });
    expect(items.find(({ type }) => type === 'device.woken')?.text).toContain(NUMBER);
  });

  it('sleeps on over a normal one', async () => {
    await asleep();
    const command = await server.api('commands.create', {
      params,
      query: { wait: 3 },
      body: { operation: { kind: 'read', path: '/3/0/9' } },
    });
    expect(command.state).toBe('queued');
    expect(posted).toHaveLength(1);
  });
});
