import { createSecretKey } from 'node:crypto';
import { oscoreInstance } from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { describe, expect } from 'vitest';
import { portfolio } from './configuration.ts';
import { type Content, Format, readSenmlCbor, readSenmlJson } from './content.ts';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf, textOf, type WireMessage } from './wire.ts';

const json = (pack: unknown) => hexOf(JSON.stringify(pack));
/** A list of paths: SenML with names alone (RFC 8790 §3.1). */
const named = (paths: readonly string[]) => json(paths.map((n) => ({ n })));

describe('composite operations', () => {
  const begin = (...options: ConstructorParameters<typeof ScriptedServer>) => {
    const server = new ScriptedServer(...options);
    server.register();
    return server;
  };
  const contentOf = ({ format, payload = '' }: WireMessage): Content =>
    (format === Format.senmlJson ? readSenmlJson : readSenmlCbor)(payload);
  const read = (server: ScriptedServer, paths: readonly string[], accept: number = Format.senmlCbor): Content => {
    const request = { code: '0.05', path: '', format: Format.senmlJson, accept, payload: named(paths) };
    return contentOf(server.ask(request, { code: '2.05', format: accept }));
  };
  const write = (server: ScriptedServer, format: number, payload: string, code = '2.04') =>
    server.ask({ code: '0.07', path: '', format, payload }, { code });
  const text = (server: ScriptedServer, at: string) =>
    textOf(server.ask({ code: '0.01', path: at, accept: Format.text }, { code: '2.05' }).payload);

  for (const [format, payload] of [
    [
      Format.senmlJson,
      json([
        { n: '/1/0/1', v: 60 },
        { n: '/1/0/6', vb: true },
        { n: '/16/0/0/0', vs: 'a' },
        { n: '/16/0/0/1', vs: 'b' },
      ]),
    ],
    // The same in CBOR.
    [
      Format.senmlCbor,
      '84a200662f312f302f3102183ca200662f312f302f3604f5a200692f31362f302f302f30036161a200692f31362f302f302f31036162',
    ],
  ] as const) {
    judge('client', '1.1-int-230', () => {
      const server = begin({ objects: [portfolio()] });
      write(server, format, payload);
      server.answer(server.hear({ code: '0.02', path: '/rd/5a3f', query: ['lt=60'] }), { code: '2.04' });
      expect(read(server, ['/1/0/1', '/1/0/6', '/16/0/0'])).toEqual({
        '/1/0/1': 60,
        '/1/0/6': true,
        '/16/0/0/0': 'a',
        '/16/0/0/1': 'b',
      });
    });
  }

  judge('client', '1.1-int-235', () => {
    const secret = createSecretKey(Buffer.alloc(16, 7));
    const context = oscoreInstance({ masterSecret: secret, senderId: Buffer.of(1), recipientId: Buffer.of(2) });
    const server = begin({ objects: [context, portfolio()] });
    for (const accept of [Format.senmlCbor, Format.senmlJson]) {
      const values = read(server, ['/'], accept);
      expect(values).toMatchObject({ '/1/0/1': 86_400, '/3/0/0': 'Open Mobile Alliance', '/3/0/6/1': 5 });
      expect(values).toMatchObject({ '/16/0/0/1': 'Host Device Model #1' });
      expect(Object.keys(values).filter((one) => /^\/(0|21|23)\//.test(one))).toEqual([]);
    }
  });

  judge('client', '1.1-int-236', () => {
    expect(read(begin(), ['/3/0/0', '/3339/0/5522', '/3/0/99'])).toEqual({ '/3/0/0': 'Open Mobile Alliance' });
  });

  judge('client', '1.1-int-257', () => {
    const server = begin();
    write(
      server,
      Format.senmlJson,
      json([
        { n: '/1/0/2', v: 101 },
        { n: '/1/0/6', vb: true },
        { n: '/3/0/14', vs: '+01:00' },
      ]),
    );
    expect(text(server, '/1/0/2')).toBe('101');
    expect(text(server, '/1/0/6')).toBe('1');
    expect(text(server, '/3/0/14')).toBe('+01:00');
    // All of it or nothing: the short server id can not be written.
    write(
      server,
      Format.senmlJson,
      json([
        { n: '/1/0/2', v: 7 },
        { n: '/1/0/0', v: 2 },
      ]),
      '4.05',
    );
    expect(text(server, '/1/0/2')).toBe('101');
  });

  judge('client', '1.1-int-280', () => {
    expect(read(begin(), ['/3/0/16', '/3/0/11/0', '/1/0'])).toEqual({
      '/3/0/16': 'U',
      '/3/0/11/0': 0,
      '/1/0/0': 1,
      '/1/0/1': 86_400,
      '/1/0/2': 1,
      '/1/0/3': 10,
      '/1/0/5': 86_400,
      '/1/0/6': false,
      '/1/0/7': 'U',
      '/1/0/23': false,
    });
  });

  judge('client', '1.1-int-281', () => {
    expect(read(begin(), ['/3/0/16', '/1/0/8', '/1/0/1'])).toEqual({ '/3/0/16': 'U', '/1/0/1': 86_400 });
  });

  const attributes = (server: ScriptedServer, at: string, ...query: string[]) =>
    server.ask({ code: '0.03', path: at, query }, { code: '2.04' });
  // The specification's procedures for 304 and 310 say Observe 1 where an observation begins; it is 0 (RFC 7641 §2).
  const composite = (paths: readonly string[], observe: number) => {
    const format = Format.senmlJson;
    return { code: '0.05', path: '', token: 'c0', observe, format, accept: format, payload: named(paths) };
  };
  const observe = (server: ScriptedServer, ...paths: string[]): Content => {
    const first = server.ask(composite(paths, 0), { code: '2.05', format: Format.senmlJson });
    expect(first.observe).toBeDefined();
    return contentOf(first);
  };
  const notified = (server: ScriptedServer): Content => {
    const notification = server.hear({ code: '2.05', token: 'c0', format: Format.senmlJson });
    expect(notification.observe).toBeDefined();
    if (notification.type === 'CON') server.say({ type: 'ACK', code: '0.00', id: notification.id, token: '' });
    return contentOf(notification);
  };
  /** The battery has another level and voltage. */
  const charge = (server: ScriptedServer, level: number, voltage: number) =>
    server.client.set(path(3, 0), { 9: level, 7: [voltage, 5000] }, server.now);

  judge('client', '1.1-int-304', () => {
    const server = begin();
    for (const at of ['/3/0/7/0', '/1/0/1']) attributes(server, at, 'pmin=30', 'pmax=45');
    expect(observe(server, '/3/0/7/0', '/1/0/1')).toEqual({ '/3/0/7/0': 3800, '/1/0/1': 86_400 });
    charge(server, 100, 3700);
    server.advance(29);
    server.silence();
    server.advance(1);
    expect(notified(server)).toEqual({ '/3/0/7/0': 3700, '/1/0/1': 86_400 });
    server.advance(44);
    server.silence();
    server.advance(1);
    expect(notified(server)).toEqual({ '/3/0/7/0': 3700, '/1/0/1': 86_400 });
  });

  judge('client', '1.1-int-305', () => {
    const server = begin({ server: { 2: 0, 3: 0 } });
    observe(server, '/3/0/7/0', '/1/0/1');
    const cancelled = server.ask(composite(['/3/0/7/0', '/1/0/1'], 1), { code: '2.05' });
    expect(cancelled.observe).toBeUndefined();
    expect(contentOf(cancelled)).toEqual({ '/3/0/7/0': 3800, '/1/0/1': 86_400 });
    charge(server, 100, 3700);
    server.advance(60);
    server.silence();
  });

  const creatable = { client: { creatable: { 16: () => ({}) } } };
  /** The Update that tells of instances that came or went. */
  const updated = (server: ScriptedServer) =>
    server.answer(server.hear({ code: '0.02', path: '/rd/5a3f', format: Format.linkFormat }), { code: '2.04' });

  judge('client', '1.1-int-308', () => {
    const server = begin({ objects: [portfolio()], ...creatable });
    const both = { '/16/0/0/0': 'Host Device ID #1', '/16/0/0/1': 'Host Device Model #1' };
    expect(observe(server, '/16', '/3/0/9')).toEqual({ ...both, '/3/0/9': 100 });
    // Object instance 1, in it resource 0, in it instance 0.
    const payload = `070185004300${hexOf('new')}`;
    server.ask({ code: '0.02', path: '/16', format: Format.tlv, payload }, { code: '2.01' });
    updated(server);
    server.advance(1);
    expect(notified(server)).toEqual({ ...both, '/16/1/0/0': 'new', '/3/0/9': 100 });
  });

  judge('client', '1.1-int-309', () => {
    const server = begin({ objects: [portfolio(), portfolio(1)], ...creatable });
    expect(Object.keys(observe(server, '/16', '/3/0/9'))).toHaveLength(5);
    // The specification's procedure says 2.04; a Delete that was done is 2.02 (Transport, Table 6.4.4-1).
    server.ask({ code: '0.04', path: '/16/1' }, { code: '2.02' });
    updated(server);
    server.advance(1);
    expect(Object.keys(notified(server)).toSorted()).toEqual(['/16/0/0/0', '/16/0/0/1', '/3/0/9']);
  });

  // What new attributes change of an observation that is there already is left to the client; here they count at once.
  judge('client', '1.1-int-310', () => {
    const server = begin();
    attributes(server, '/3/0', 'pmin=30', 'pmax=45');
    observe(server, '/3/0/7/0', '/3/0/9');
    attributes(server, '/3/0', 'pmin=5', 'pmax=15');
    charge(server, 90, 3700);
    server.advance(4);
    server.silence();
    server.advance(1);
    expect(notified(server)).toEqual({ '/3/0/7/0': 3700, '/3/0/9': 90 });
    server.advance(15);
    expect(notified(server)).toEqual({ '/3/0/7/0': 3700, '/3/0/9': 90 });
  });
});
