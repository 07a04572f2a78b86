import { objectInstance } from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { afterAll, afterEach, beforeAll, describe, expect } from 'vitest';
import { until } from '../e2e/harness.ts';
import { leshanAvailable } from '../peers/leshan/driver.ts';
import { portfolio } from './configuration.ts';
import { Format } from './content.ts';
import { LeshanStage, senml } from './leshan-stage.ts';
import { judge } from './suite.ts';

/** The cases of reporting and of objects that Leshan's server can play, once more. */
describe.skipIf(!leshanAvailable())('reports of the client engine to a Leshan server', () => {
  const stage = new LeshanStage();
  const { begin, ask, read, notified } = stage;
  beforeAll(() => stage.open());
  afterEach(() => stage.leave());
  afterAll(() => stage.close());

  judge('client', '1.0-int-301', async () => {
    await begin('int-301');
    await ask(204, 'attributes', '/3/0/9', 'pmin=1&pmax=2');
    expect(await ask(205, 'observe', '/3/0/9')).toBe(100);
    stage.set(path(3, 0), { 9: 90 });
    expect(await notified('/3/0/9')).toBe(90);
    expect(await notified('/3/0/9')).toBe(90);
  });

  judge('client', '1.0-int-302', async () => {
    await begin('int-302', { client: { confirmEvery: 1 } });
    await ask(205, 'observe', '/3/0/9');
    await ask(205, 'forget', '/3/0/9');
    stage.set(path(3, 0), { 9: 90 });
    // The Reset ends it.
    await until('it knows', async () => stage.running.events.at(-1)?.kind === 'unobserved');
    expect(stage.running.events.at(-1)).toMatchObject({ path: '/3/0/9' });
  });

  judge('client', '1.0-int-303', async () => {
    await begin('int-303');
    await ask(205, 'observe', '/3/0/9');
    expect(await ask(205, 'cancel', '/3/0/9')).toBe(100);
    expect(stage.running.events.at(-1)).toMatchObject({ kind: 'unobserved', path: '/3/0/9' });
  });

  const PATHS = '/3/0/9,/1/0/1';
  judge('client', '1.1-int-304', async () => {
    await begin('int-304');
    for (const at of PATHS.split(',')) await ask(204, 'attributes', at, 'pmin=1&pmax=2');
    const first = { '/3/0/9': 100, '/1/0/1': 600 };
    expect(await ask(205, 'observe-composite', PATHS, `${Format.senmlCbor}`)).toEqual(first);
    stage.set(path(3, 0), { 9: 90 });
    expect(await notified(PATHS)).toEqual({ ...first, '/3/0/9': 90 });
    expect(await notified(PATHS)).toEqual({ ...first, '/3/0/9': 90 });
  });

  judge('client', '1.1-int-305', async () => {
    await begin('int-305');
    await ask(205, 'observe-composite', PATHS, `${Format.senmlJson}`);
    expect(await ask(205, 'cancel', PATHS)).toEqual({ '/3/0/9': 100, '/1/0/1': 600 });
    expect(stage.running.events.at(-1)).toMatchObject({ kind: 'unobserved' });
  });

  for (const id of ['1.1-int-306', '1.1-int-311'] as const) {
    judge('client', id, async () => {
      await begin(id);
      expect(await stage.sent(path(3, 0, 9), path(1, 0, 1))).toEqual({ '/3/0/9': 100, '/1/0/1': 600 });
    });
  }

  judge('client', '1.1-int-307', async () => {
    await begin('int-307');
    await ask(204, 'put', '/1/0/23', `0 ${senml('/1/0/23', { vb: true })}`);
    expect(stage.running.client.send([path(3, 0, 9)], 0)).toContain('wants no Send');
    await ask(204, 'put', '/1/0/23', `0 ${senml('/1/0/23', { vb: false })}`);
    expect(await stage.sent(path(3, 0, 9))).toEqual({ '/3/0/9': 100 });
  });

  const creatable = { client: { creatable: { 16: () => ({}) } } };

  judge('client', '1.1-int-308', async () => {
    await begin('int-308', { objects: [portfolio()], ...creatable });
    await ask(205, 'observe-composite', '/16,/3/0/9', `${Format.senmlCbor}`);
    stage.running.run((now) => stage.running.client.addInstance(portfolio(1), now));
    const both = { 0: 'Host Device ID #1', 1: 'Host Device Model #1' };
    expect(await notified('/16,/3/0/9')).toEqual({ '/16': { 0: { 0: both }, 1: { 0: both } }, '/3/0/9': 100 });
  });

  judge('client', '1.1-int-309', async () => {
    await begin('int-309', { objects: [portfolio(), portfolio(1)], ...creatable });
    await ask(205, 'observe-composite', '/16,/3/0/9', `${Format.senmlCbor}`);
    await ask(202, 'delete', '/16/1');
    expect(Object.keys(Object(Object(await notified('/16,/3/0/9'))['/16']))).toEqual(['0']);
  });

  judge('client', '1.1-int-310', async () => {
    await begin('int-310');
    await ask(204, 'attributes', '/3/0', 'pmin=60&pmax=90');
    await ask(205, 'observe-composite', '/3/0/9,/3/0/7/0', `${Format.senmlCbor}`);
    await ask(204, 'attributes', '/3/0', 'pmin=1&pmax=2');
    expect(await notified('/3/0/9,/3/0/7/0')).toEqual({ '/3/0/9': 100, '/3/0/7/0': 3800 });
  });

  judge('client', '1.0-int-651', async () => {
    await begin('int-651');
    const values = senml('/3/0/', { n: '13', v: 1_367_491_300 }, { n: '14', vs: '+01:00' });
    await ask(204, 'post', '/3/0', `${Format.tlv} ${values}`);
    expect(await read('/3/0')).toMatchObject({ 13: 1_367_491_300_000, 14: '+01:00' });
  });

  judge('client', '1.0-int-652', async () => {
    await begin('int-652');
    expect(await read('/3/0/3')).toBe('1.0');
  });

  judge('client', '1.0-int-680', async () => {
    await begin('int-680');
    await ask(405, 'create', '/3', '9=1');
  });

  judge('client', '1.0-int-685', async () => {
    await begin('int-685');
    await ask(405, 'delete', '/3/0');
  });

  for (const [whole, observed, id, values, change] of [
    ['1.0-int-701', '1.0-int-710', 4, { 0: 6, 2: -80, 8: 12 }, { 2: -90 }],
    ['1.0-int-801', '1.0-int-810', 6, { 0: 39.328, 1: -120.183, 3: 5 }, { 0: 39.5 }],
    ['1.0-int-905', '1.0-int-910', 7, { 2: 12, 3: 34, 8: 60 }, { 2: 13 }],
  ] as const) {
    const begun = () => begin(`int-${id}`, { objects: [objectInstance(id, 0, { values })] });

    judge('client', whole, async () => {
      await begun();
      expect(await read(`/${id}/0`)).toMatchObject(values);
      if (id === 7) await ask(204, 'put', '/7/0/8', `${Format.text} ${senml('/7/0/8', { v: 30 })}`);
    });

    judge('client', observed, async () => {
      await begun();
      await ask(204, 'attributes', `/${id}/0`, 'pmin=0&pmax=60');
      await ask(205, 'observe', `/${id}/0`);
      stage.set(path(id, 0), change);
      expect(await notified(`/${id}/0`)).toMatchObject(change);
    });
  }

  judge('client', '1.0-int-901', async () => {
    const done: string[] = [];
    const resources = { 6: { execute: () => void done.push('start') }, 7: { execute: () => void done.push('stop') } };
    await begin('int-901', { objects: [objectInstance(7, 0, { values: { 2: 12 }, resources })] });
    await ask(204, 'execute', '/7/0/6');
    await ask(204, 'execute', '/7/0/7');
    expect(done).toEqual(['start', 'stop']);
    expect(await read('/7/0')).toMatchObject({ 2: 12 });
  });

  judge('client', '1.1-int-1635', async () => {
    const { links } = await begin('int-1635', { objects: [portfolio(), portfolio(1)], ...creatable });
    expect(links.join()).toContain('</16/1>');
    await ask(202, 'delete', '/16/1');
    await stage.heard('updated');
    await ask(404, 'read', '/16/1');
  });

  judge('client', '1.1-int-1900', async () => {
    const container = objectInstance(19, 0, { values: { 0: [Buffer.from('first').toString('base64')] } });
    await begin('int-1900', { objects: [container] });
    await ask(205, 'observe', '/19/0/0');
    stage.set(path(19, 0), { 0: [Buffer.from('second').toString('base64')] });
    expect(await notified('/19/0/0')).toEqual({ 0: Buffer.from('second').toString('hex') });
  });

  judge('client', '1.1-int-1901', async () => {
    const container = objectInstance(19, 0, { values: { 0: [Buffer.from('first').toString('base64')] } });
    await begin('int-1901', { objects: [container] });
    const written = Buffer.from('written');
    const value = senml('/19/0/0/0', { vd: written.toString('base64url') });
    await ask(204, 'put', '/19/0/0/0', `${Format.opaque} ${value}`);
    expect(await read('/19/0/0/0', Format.opaque)).toBe(written.toString('hex'));
  });
});
