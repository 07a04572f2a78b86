import { afterAll, beforeAll, describe, expect } from 'vitest';
import { TestServer } from '../e2e/harness.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { judge } from './suite.ts';
import { hexOf } from './wire.ts';

describe('registration', () => {
  let server: TestServer;
  let device: ScriptedDevice;
  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
  });
  afterAll(() => server?.close());

  judge('server', '1.0-int-101', async () => {
    device = await ScriptedDevice.open(server, 'int-101');
    const { location } = await device.ask(
      {
        code: '0.02',
        path: '/rd',
        query: ['ep=int-101', 'lt=86400', 'lwm2m=1.1', 'b=U'],
        format: 40,
        payload: hexOf('</>;rt="oma.lwm2m";ct="60 110 112 11542 11543",</1/0>,</2>'),
      },
      { code: '2.01', payload: '' },
    );
    expect(location).toMatch(/^\/rd\/[^/]+$/);
    expect(await device.shown()).toMatchObject({
      registration: { lifetime: 86_400, version: '1.1', binding: 'U' },
      objects: [{ objectId: 1, instances: [0] }, { objectId: 2 }],
    });
    device.close();
  });

  judge('server', '1.0-int-102', async () => {
    device = await ScriptedDevice.open(server, 'int-102');
    await device.register();
    const written = await device.command(
      { kind: 'write', mode: 'replace', path: '/1/0/1', values: [{ path: '/1/0/1', value: 20 }] },
      async () => device.answer(await device.hear({ code: '0.03', path: '/1/0/1' }), { code: '2.04' }),
    );
    expect(written).toMatchObject({ state: 'answered', code: '2.04' });
    await device.ask({ code: '0.02', path: device.location, query: ['lt=20'] }, { code: '2.04' });
    expect(await device.shown()).toMatchObject({ registration: { lifetime: 20 } });
    device.close();
  });
});
