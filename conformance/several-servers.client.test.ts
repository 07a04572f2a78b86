import { accessControlInstance, Right } from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { describe, expect } from 'vitest';
import { accountOf } from './configuration.ts';
import { Format } from './content.ts';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf, textOf } from './wire.ts';

const FIRST = 'coap://127.0.0.1';
const SECOND = 'coap://127.0.0.2';
const ALL = Right.read | Right.write | Right.execute | Right.delete;
const VOLTAGE = '/3/0/7/0';

/** Configuration C.14: two servers, of which the first owns the device, and the second may read and execute it. */
const objects = [
  ...accountOf({ uri: SECOND, shortServerId: 102 }, { 0: 102, 1: 3600, 2: 0 }, 1),
  accessControlInstance(
    { objectId: 3, instanceId: 0, owner: 1, rights: { 1: ALL, 102: Right.read | Right.execute } },
    0,
  ),
  accessControlInstance({ objectId: 1, instanceId: 0, owner: 1 }, 1),
  accessControlInstance({ objectId: 1, instanceId: 1, owner: 102 }, 2),
];

/** A device that is registered with both. */
function begin(): ScriptedServer {
  const server = new ScriptedServer({ server: { 2: 0 }, objects });
  server.client.start(server.now);
  for (const [uri, lifetime] of [
    [FIRST, 86_400],
    [SECOND, 3600],
  ] as const) {
    const register = server.hear({ type: 'CON', code: '0.02', path: '/rd', format: Format.linkFormat });
    expect(server.heardAt).toBe(uri);
    expect(register.query).toEqual(expect.arrayContaining(['ep=client-1', `lt=${lifetime}`]));
    expect(textOf(register.payload)).toContain('</1/0>,</1/1>');
    expect(textOf(register.payload)).toContain('</2/0>');
    server.answer(register, { code: '2.01', location: '/rd/5a3f' });
  }
  return server;
}

describe('several servers', () => {
  judge('client', '1.0-int-950', () => {
    const server = begin();
    expect(server.client.registrations).toMatchObject(
      new Map([
        [1, { kind: 'registered' }],
        [102, { kind: 'registered' }],
      ]),
    );
    // Each manages the device as far as it may.
    const write = { code: '0.03', path: '/3/0/14', format: Format.text, payload: hexOf('+01:00') };
    for (const [uri, code] of [
      [FIRST, '2.04'],
      [SECOND, '4.01'],
    ] as const) {
      server.speakAs(uri).ask({ code: '0.01', path: '/3/0/0', accept: Format.text }, { code: '2.05' });
      server.ask(write, { code });
      server.ask({ code: '0.02', path: '/3/0/4' }, { code: '2.04' });
    }
    expect(server.reboots).toBe(2);
    server.speakAs(SECOND).ask({ code: '0.01', path: '/1/0/1', accept: Format.text }, { code: '4.01' });
    // The one goes on when the other takes its leave.
    server.ask({ code: '0.02', path: '/1/1/4' }, { code: '2.04' });
    server.answer(server.hear({ code: '0.04', path: '/rd/5a3f' }), { code: '2.02' });
    expect(server.heardAt).toBe(SECOND);
    server.speakAs(FIRST).ask({ code: '0.01', path: '/3/0/0', accept: Format.text }, { code: '2.05' });
    expect([...server.client.registrations.values()].map(({ kind }) => kind)).toEqual(['registered', 'disabled']);
  });

  judge('client', '1.0-int-951', () => {
    const server = begin();
    for (const [uri, token, least, most] of [
      [FIRST, 'a1', 5, 15],
      [SECOND, 'a2', 10, 30],
    ] as const) {
      const query = [`pmin=${least}`, `pmax=${most}`];
      server.speakAs(uri).ask({ code: '0.03', path: '/3/0/7', query }, { code: '2.04' });
      const { payload } = server.ask({ code: '0.01', path: '/3/0/7', accept: Format.linkFormat }, { code: '2.05' });
      expect(textOf(payload)).toContain(`</3/0/7>;dim=2;pmin=${least};pmax=${most}`);
      server.ask({ code: '0.01', path: VOLTAGE, observe: 0, token, accept: Format.text }, { code: '2.05' });
    }
    const told = (uri: string, token: string, payload: string) => {
      server.hear({ code: '2.05', token, payload: hexOf(payload) });
      expect(server.heardAt).toBe(uri);
    };
    server.client.set(path(3, 0), { 7: [3700, 5000] }, server.now);
    server.advance(5);
    told(FIRST, 'a1', '3700');
    server.advance(5);
    told(SECOND, 'a2', '3700');
    // 20 s after the start the first is told again, by its maximum period; the second 40 s after it.
    server.advance(10);
    told(FIRST, 'a1', '3700');
    server.advance(15);
    told(FIRST, 'a1', '3700');
    server.advance(5);
    told(SECOND, 'a2', '3700');
    server.silence();
  });
});
