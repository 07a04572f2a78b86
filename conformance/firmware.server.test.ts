import { createHash } from 'node:crypto';
import type { UpdateInfo } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer, until } from '../e2e/harness.ts';
import { upload } from '../e2e/update-device.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { judge } from './suite.ts';
import { hexOf, textOf, type WireMessage } from './wire.ts';

const BLOCK1 = 27;
const BLOCK2 = 23;
const TLV = 11542;
/** A package of two parts of 1024 bytes and one of 452. */
const IMAGE = Buffer.from(Array.from({ length: 2500 }, (_, i) => (i * 31) % 251));
const partOf = (n: number) => IMAGE.subarray(n * 1024, (n + 1) * 1024).toString('hex');
const textAnswer = (text: string) => ({ code: '2.05', format: 0, payload: hexOf(text) });

describe('firmware update', () => {
  let server: TestServer;
  let artifactId: string;
  let device: ScriptedDevice;
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
    artifactId = await upload(server, '2.0', IMAGE);
  });
  afterAll(async () => {
    device?.close();
    await server?.close();
  });

  const begin = async (endpoint: string, method: 'push' | 'pull') => {
    device?.close();
    device = await ScriptedDevice.open(server, endpoint);
    await device.register({ version: '1.0', links: '</1/0>,</3/0>,</5/0>' });
    return server.api('updates.start', { params: { device: endpoint }, body: { artifactId, method } });
  };
  /** Answers a Read of the object in TLV (Core §7.5.5): state, result, delivery method 2, both. */
  const tell = async (state: number, result: number) => {
    const request = await device.hear({ code: '0.01', path: '/5/0' });
    const [s, r] = [state, result].map((value) => value.toString(16).padStart(2, '0'));
    device.answer(request, { code: '2.05', format: TLV, payload: `c103${s}c105${r}c10902` });
  };
  const block = ({ others = [] }: WireMessage, number: number) => others.find(([one]) => one === number)?.[1];
  /** Takes the parts, and checks them: their numbers, what follows, and their bytes. */
  const takeAll = async () => {
    for (const [n, value] of ['0e', '1e', '26'].entries()) {
      const request = await device.hear({ type: 'CON', code: '0.03', path: '/5/0/0', format: 42, payload: partOf(n) });
      expect(block(request, BLOCK1)).toBe(value);
      device.answer(request, { code: n < 2 ? '2.31' : '2.04', others: [[BLOCK1, value]] });
    }
  };
  const install = async () => device.answer(await device.hear({ code: '0.02', path: '/5/0/2' }), { code: '2.04' });
  const version = async (text: string) =>
    device.answer(await device.hear({ code: '0.01', path: '/3/0/3' }), textAnswer(text));
  const ended = ({ updateId }: UpdateInfo) =>
    until('the update ends', async () => {
      const update = await server.api('updates.show', { params: { update: updateId } });
      return update.state === 'running' ? undefined : update;
    });

  judge('server', '1.0-int-770', async () => {
    const update = await begin('int-770', 'push');
    // A package of before is taken back first.
    await tell(2, 0);
    device.answer(await device.hear({ code: '0.03', path: '/5/0/1', payload: '' }), { code: '2.04' });
    await tell(0, 0);
    await takeAll();
    await tell(1, 0);
    await tell(2, 0);
    await install();
    await tell(3, 0);
    await tell(0, 1);
    await version('2.0');
    expect(await ended(update)).toMatchObject({ state: 'succeeded', delivery: 'push', done: IMAGE.length });
  });

  judge('server', '1.0-int-771', async () => {
    const update = await begin('int-771', 'pull');
    await tell(0, 0);
    const offer = await device.hear({ code: '0.03', path: '/5/0/1' });
    device.answer(offer, { code: '2.04' });
    const uri = new URL(textOf(offer.payload));
    expect(uri.origin === 'null' ? `${uri.protocol}//${uri.host}` : uri.origin).toBe(server.coap);
    const fetched = createHash('sha256');
    // Of 512 bytes each, as the device asks for them.
    for (let n = 0; n * 512 < IMAGE.length; n++) {
      const wanted = n === 0 ? '05' : ((n << 4) | 5).toString(16).padStart(n < 16 ? 2 : 4, '0');
      const { id } = device.say({ code: '0.01', path: uri.pathname, others: [[BLOCK2, wanted]] });
      const answer = await device.hear({ type: 'ACK', id, code: '2.05' });
      const more = (n + 1) * 512 < IMAGE.length ? 8 : 0;
      expect(block(answer, BLOCK2)).toBe(((n << 4) | more | 5).toString(16).padStart(2, '0'));
      fetched.update(Buffer.from(answer.payload ?? '', 'hex'));
    }
    expect(fetched.digest('hex')).toBe(createHash('sha256').update(IMAGE).digest('hex'));
    await tell(2, 0);
    await install();
    await tell(0, 1);
    await version('2.0');
    expect(await ended(update)).toMatchObject({ state: 'succeeded', delivery: 'pull' });
    // What it stood for is over.
    await device.ask({ code: '0.01', path: uri.pathname }, { code: '4.04' });
  });

  judge('server', '1.0-int-779', async () => {
    const update = await begin('int-779', 'push');
    await tell(0, 0);
    await takeAll();
    await tell(2, 0);
    await install();
    await tell(2, 8);
    expect(await ended(update)).toMatchObject({ state: 'failed', detail: 'the update itself failed' });
  });
});
