import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { leshanAvailable } from '../peers/leshan/driver.ts';
import { portfolio } from './configuration.ts';
import { Format } from './content.ts';
import { LeshanStage, senml } from './leshan-stage.ts';
import { judge } from './suite.ts';

/** What Leshan has read of the device of Configuration C.3. */
const DEVICE = {
  0: 'Open Mobile Alliance',
  1: 'Lightweight M2M Client',
  2: '345000123',
  3: '1.0',
  6: { 0: 1, 1: 5 },
  7: { 0: 3800, 1: 5000 },
  8: { 0: 125, 1: 900 },
  9: 100,
  10: 15,
  11: { 0: 0 },
  13: 1_367_491_215_000,
  14: '+02:00',
  16: 'U',
};

/** The cases of registration and management that Leshan's server can play, once more: with somebody else's encoders. */
describe.skipIf(!leshanAvailable())('the client engine at a Leshan server', () => {
  const stage = new LeshanStage();
  const { begin, ask, read, updated } = stage;
  beforeAll(() => stage.open());
  afterEach(() => stage.leave());
  afterAll(() => stage.close());

  judge('client', '1.0-int-101', async () => {
    const { links } = await begin('int-101');
    expect(links.map((link) => /<([^>]*)>/.exec(link)?.[1])).toEqual(expect.arrayContaining(['/1/0', '/3/0']));
    expect(links.some((link) => link.startsWith('</0'))).toBe(false);
  });

  for (const [id, before, after] of [
    ['1.0-int-102', 600, 20],
    ['1.1-int-107', 60, 120],
  ] as const) {
    judge('client', id, async () => {
      await begin(id, { values: { 1: before } });
      await ask(204, 'put', '/1/0/1', `0 ${senml('/1/0/1', { v: after })}`);
      await updated(after);
    });
  }

  judge('client', '1.0-int-103', async () => {
    await begin('int-103', { values: { 5: 1 } });
    await ask(204, 'execute', '/1/0/4');
    await stage.heard('unregistered');
    await stage.heard('registered');
  });

  judge('client', '1.0-int-104', async () => {
    await begin('int-104');
    await ask(204, 'execute', '/1/0/8');
    await updated(600);
  });

  judge('client', '1.1-int-108', async () => {
    await begin('int-108', { client: { queueMode: true } });
    expect(await read('/3/0/0')).toBe('Open Mobile Alliance');
  });

  for (const [id, format] of [
    ['1.0-int-201', Format.text],
    ['1.1-int-211', Format.cbor],
  ] as const) {
    judge('client', id, async () => {
      await begin(id);
      expect(await read('/3/0/0', format)).toBe('Open Mobile Alliance');
      expect(await read('/1/0/1', format)).toBe(600);
      expect(await read('/1/0/6', format)).toBe(false);
      expect(await read('/3/0/11/0', format)).toBe(0);
    });
  }

  for (const [id, format] of [
    ['1.0-int-203', Format.tlv],
    ['1.0-int-204', Format.omaJson],
    ['1.1-int-223', Format.senmlCbor],
    ['1.1-int-231', Format.senmlJson],
    ['1.1-int-232', Format.senmlCbor],
  ] as const) {
    judge('client', id, async () => {
      await begin(id);
      expect(await read('/3/0', format)).toEqual(DEVICE);
      expect(await read('/3', format)).toEqual({ 0: DEVICE });
      expect(await read('/3/0/7', format)).toEqual(DEVICE[7]);
    });
  }

  for (const [id, format] of [
    ['1.0-int-205', Format.text],
    ['1.1-int-212', Format.cbor],
  ] as const) {
    judge('client', id, async () => {
      await begin(id);
      await ask(204, 'put', '/1/0/2', `${format} ${senml('/1/0/2', { v: 101 })}`);
      await ask(204, 'put', '/1/0/6', `${format} ${senml('/1/0/6', { vb: true })}`);
      expect(await read('/1/0')).toMatchObject({ 2: 101, 6: true });
    });
  }

  for (const [id, format] of [
    ['1.0-int-215', Format.tlv],
    ['1.0-int-220', Format.omaJson],
    ['1.1-int-226', Format.tlv],
    ['1.1-int-233', Format.senmlCbor],
    ['1.1-int-234', Format.senmlJson],
  ] as const) {
    judge('client', id, async () => {
      await begin(id);
      const some = [
        { n: '2', v: 101 },
        { n: '3', v: 1010 },
        { n: '6', vb: true },
      ];
      await ask(204, 'post', '/1/0', `${format} ${senml('/1/0/', ...some)}`);
      expect(await read('/1/0')).toMatchObject({ 1: 600, 2: 101, 3: 1010, 5: 86_400, 6: true, 7: 'U' });
      const all = [
        { n: '1', v: 61 },
        { n: '2', v: 7 },
        { n: '6', vb: false },
        { n: '7', vs: 'U' },
      ];
      await ask(204, 'put', '/1/0', `${format} ${senml('/1/0/', ...all)}`);
      await updated(61);
      expect(await read('/1/0')).toMatchObject({ 0: 1, 1: 61, 2: 7, 6: false, 7: 'U' });
    });
  }

  judge('client', '1.1-int-221', async () => {
    await begin('int-221');
    await ask(401, 'read', '/0/0');
    await ask(401, 'put', '/0/0/0', `0 ${senml('/0/0/0', { vs: 'coap://evil.example' })}`);
    await ask(401, 'attributes', '/0', 'pmin=10');
  });

  judge('client', '1.1-int-222', async () => {
    await begin('int-222');
    expect(await read('/1')).toMatchObject({ 0: { 0: 1, 1: 600, 7: 'U' } });
  });

  judge('client', '1.1-int-224', async () => {
    await begin('int-224');
    expect(await read('/1/0/1')).toBe(600);
  });

  judge('client', '1.1-int-225', async () => {
    await begin('int-225');
    expect(await read('/3/0/11/0')).toBe(0);
  });

  judge('client', '1.1-int-227', async () => {
    await begin('int-227');
    await ask(204, 'write', '/1/0/1', '63');
    await updated(63);
  });

  judge('client', '1.1-int-228', async () => {
    await begin('int-228', { objects: [portfolio()] });
    await ask(204, 'put', '/16/0/0/0', `${Format.senmlCbor} ${senml('/16/0/0/0', { vs: 'test' })}`);
    expect(await read('/16/0/0')).toEqual({ 0: 'test', 1: 'Host Device Model #1' });
  });

  for (const [id, format] of [
    ['1.1-int-230', Format.senmlCbor],
    ['1.1-int-257', Format.senmlJson],
  ] as const) {
    judge('client', id, async () => {
      await begin(id, { objects: [portfolio()] });
      const pack = senml('/', { n: '1/0/2', v: 9 }, { n: '1/0/6', vb: true }, { n: '16/0/0/0', vs: 'a' });
      await ask(204, 'write-composite', '/', `${format} ${pack}`);
      expect(await ask(205, 'read-composite', '/1/0/2,/1/0/6,/16/0/0/0', `${format}`)).toEqual({
        '/1/0/2': 9,
        '/1/0/6': true,
        '/16/0/0/0': 'a',
      });
    });
  }

  judge('client', '1.1-int-235', async () => {
    await begin('int-235');
    const all = await ask(205, 'read-composite', '/', `${Format.senmlCbor}`);
    expect(all).toMatchObject({ '/': { 1: { 0: { 1: 600 } }, 3: { 0: DEVICE } } });
    expect(all).not.toHaveProperty(['/', '0']);
  });

  judge('client', '1.1-int-236', async () => {
    await begin('int-236');
    const values = await ask(205, 'read-composite', '/3/0/0,/3339/0/5522', `${Format.senmlJson}`);
    expect(values).toEqual({ '/3/0/0': 'Open Mobile Alliance', '/3339/0/5522': null });
  });

  judge('client', '1.1-int-280', async () => {
    await begin('int-280');
    const values = await ask(205, 'read-composite', '/3/0/16,/3/0/11/0,/1/0', `${Format.senmlCbor}`);
    expect(values).toMatchObject({ '/3/0/16': 'U', '/3/0/11/0': 0, '/1/0': { 0: 1, 1: 600, 7: 'U' } });
  });

  judge('client', '1.1-int-281', async () => {
    await begin('int-281');
    const values = await ask(205, 'read-composite', '/3/0/16,/1/0/8,/1/0/1', `${Format.senmlCbor}`);
    expect(values).toEqual({ '/3/0/16': 'U', '/1/0/8': null, '/1/0/1': 600 });
  });

  judge('client', '1.0-int-241', async () => {
    await begin('int-241');
    await ask(204, 'execute', '/3/0/4');
    expect(stage.running.events.at(-1)).toMatchObject({ kind: 'executed', path: '/3/0/4' });
  });

  judge('client', '1.1-int-256', async () => {
    await begin('int-256');
    await ask(405, 'put', '/1/0/0', `0 ${senml('/1/0/0', { v: 2 })}`);
  });

  judge('client', '1.0-int-260', async () => {
    await begin('int-260');
    await ask(204, 'attributes', '/3', 'pmin=10&pmax=200');
    await ask(204, 'attributes', '/3/0/9', 'lt=1&gt=6&st=1');
    expect(await ask(205, 'discover', '/3/0/7')).toBe('</3/0/7>;dim=2;pmin=10;pmax=200,</3/0/7/0>,</3/0/7/1>');
    expect(await ask(205, 'discover', '/3/0')).toMatch(/<\/3\/0\/9>;(gt=6(\.0)?|lt=1(\.0)?|st=1(\.0)?|;){5}/);
  });

  judge('client', '1.1-int-261', async () => {
    await begin('int-261');
    await ask(204, 'attributes', '/3', 'pmin=10&pmax=200');
    await ask(204, 'attributes', '/3/0', 'pmax=320');
    await ask(204, 'attributes', '/3/0/11/0', 'pmax=100&epmin=1&epmax=20');
    const links = String(await ask(205, 'discover', '/3/0/11')).split(',');
    expect(links.map((link) => link.split(';').toSorted())).toEqual([
      ['</3/0/11>', 'dim=1', 'pmax=320', 'pmin=10'],
      ['</3/0/11/0>', 'epmax=20', 'epmin=1', 'pmax=100'],
    ]);
  });
});
