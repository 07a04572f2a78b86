import { createSecretKey } from 'node:crypto';
import { type ApiError, createApi } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { makeFrame } from '../packages/server/src/frames/frame.ts';
import { frameLimits } from '../packages/server/src/frames/limits.ts';
import { TestServer, until } from './harness.ts';

const ENDPOINT = 'tank-1';
const LINK = '1A2B3C';
const LEVEL = '/3435/0/1';
const params = { device: ENDPOINT };

/** A device whose network carries twelve octets at a time, and a server that hears of them from that network. */
describe('A device on a network too thin for a handshake', () => {
  let server: TestServer;
  let key: string;
  /** Of the network's callback. */
  let token: string;
  beforeAll(async () => {
    server = await TestServer.start();
    const added = await server.api('devices.add', { body: { endpoint: ENDPOINT, framesOnly: true } });
    expect(added).toMatchObject({ setup: [] });
    expect(added.key).toBeUndefined();
    const made = await server.api('tokens.create', { body: { name: 'network', scope: 'frames' } });
    token = made.secret;
    const fields = [
      { path: LEVEL, bits: 16, scale: 0.01 },
      { path: '/3/0/9', bits: 8 },
    ];
    await server.api('layouts.set', { body: { name: 'tank', every: 21_600, fields } });
    const set = await server.api('frames.set', { params, body: { link: LINK, layouts: ['tank'] } });
    key = set.key ?? '';
  });
  afterAll(() => server?.close());

  const frameOf = (counter: number, payload: string) => {
    const frame = { layout: 0, counter, payload: Buffer.from(payload, 'hex') };
    return Buffer.from(makeFrame(frame, createSecretKey(Buffer.from(key, 'hex')))).toString('hex');
  };
  const network = () => createApi(server.ready.url, { authorization: `Bearer ${token}` });
  const deliver = (data: string, time?: number) =>
    network()('frames.take', { body: { link: LINK, data, ...(time === undefined ? {} : { time }) } });
  const level = async () => {
    const { values, sendsFrames } = await server.api('devices.show', { params });
    expect(sendsFrames).toBe(true);
    return values.find(({ path }) => path === LEVEL)?.value;
  };
  const history = async () => {
    const { value } = await server.api('devices.history', { params, query: { path: LEVEL } });
    return value;
  };

  it('is heard, and its values are those of its layout', async () => {
    expect(key).toMatch(/^[0-9a-f]{32}$/);
    await deliver(frameOf(1, '271050'));
    const { values, presence } = await server.api('devices.show', { params });
    expect(Object.fromEntries(values.map(({ path, value }) => [path, value]))).toEqual({ [LEVEL]: 100, '/3/0/9': 80 });
    expect(presence.state).toBe('asleep');
    expect(presence.nextContactBy).toBe((presence.lastContactAt ?? 0) + 21_600_000);
  });

  it('counts each frame once, over a restart too, and a late one as history', async () => {
    const newer = frameOf(3, '13884f');
    await deliver(newer);
    await deliver(newer);
    expect(await history()).toEqual([100, 50]);
    await server.kill();
    await server.restart();
    await deliver(newer);
    await deliver(frameOf(2, '1f404f'), Math.floor(Date.now() / 1000) - 60);
    expect(await level()).toBe(50);
    expect((await history()).toSorted()).toEqual([100, 50, 80].toSorted());
    expect(await server.api('frames.show', { params })).toMatchObject({ link: LINK, newest: 3 });
  });

  it('refuses what is not genuine or not of the layout, and keeps a record of it', async () => {
    const forged = `${frameOf(4, '271050').slice(0, -2)}00`;
    await expect(deliver(forged)).rejects.toMatchObject({ problem: { code: 'frame-refused' } });
    await expect(deliver(frameOf(4, '27'))).rejects.toMatchObject({ problem: { code: 'frame-refused' } });
    await expect(deliver('00')).rejects.toMatchObject({ problem: { code: 'frame-refused' } });
    const body = { link: 'ffffff', data: forged };
    await expect(server.api('frames.take', { body })).rejects.toMatchObject({ problem: { code: 'no-such-thing' } });
    await until('the refusals are listed', async () => {
      const { items } = await server.api('handshakes.list', { query: { check: 'bad-frame' } });
      return items.some(({ endpoint, count }) => endpoint === ENDPOINT && count === 3);
    });
    const { items } = await server.api('handshakes.list', { query: { check: 'bad-frame' } });
    expect(items.map(({ detail }) => detail)).toContain('No device has the link "ffffff"');
    expect(await level()).toBe(50);
    // The number is free still: nothing of a refused frame counts.
    await deliver(frameOf(4, '271050'));
    expect(await level()).toBe(100);
  });

  it('goes on counting when its key is set once more, so that what was heard is not heard again', async () => {
    const old = frameOf(3, '13884f');
    const set = await server.api('frames.set', { params, body: { link: LINK, layouts: ['tank'], key } });
    expect(set).toMatchObject({ source: { newest: 4 } });
    expect(set.key).toBeUndefined();
    await deliver(old);
    expect(await level()).toBe(100);
    const body = { link: LINK, layouts: ['tank'], key: '00'.repeat(16) };
    expect(await server.api('frames.set', { params, body })).toMatchObject({ source: { newest: 0 } });
  });

  it('is delivered by a callback whose token is good for nothing else', async () => {
    const problem = { status: 403, code: 'insufficient-scope', errors: [{ at: 'scope', message: 'read' }] };
    await expect(network()('frames.show', { params })).rejects.toMatchObject({ problem });
  });

  it('may not try more frames than it has, genuine or not', async () => {
    const refusals = new Set<string>();
    for (let tried = 0; tried <= frameLimits.burst; tried++) {
      await deliver('000000000000').catch(({ problem }: ApiError) => refusals.add(problem.code));
    }
    expect([...refusals]).toEqual(['frame-refused', 'too-many']);
    await until('the limit is listed', async () => {
      const { items } = await server.api('handshakes.list', { query: { check: 'limit' } });
      return items.some(({ endpoint }) => endpoint === ENDPOINT);
    });
    const metrics = await server.api('server.metrics');
    expect(metrics).toMatch(/reeve_refused_connections_total\{check="limit"\} [1-9]/);
  });
});
