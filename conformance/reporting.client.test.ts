import { objectInstance } from '@reeve/agent';
import { type LwM2mPath, path } from '@reeve/lwm2m';
import { describe, expect } from 'vitest';
import { Format, readSenmlCbor } from './content.ts';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf, textOf, type WireMessage } from './wire.ts';

const VOLTAGE = '/3/0/7/0';
const LEVEL = '/3/0/9';

describe('information reporting', () => {
  const begin = (...options: ConstructorParameters<typeof ScriptedServer>) => {
    const server = new ScriptedServer(...options);
    server.register();
    return server;
  };
  const attributes = (server: ScriptedServer, at: string, ...query: string[]) =>
    server.ask({ code: '0.03', path: at, query }, { code: '2.04' });
  const observe = (server: ScriptedServer, at: string, token: string, query: string[] = []) =>
    server.ask({ code: '0.01', path: at, observe: 0, token, accept: Format.text, query }, { code: '2.05' });
  /** The level of the battery is what is said. */
  const charge = (server: ScriptedServer, level: number) => server.client.set(path(3, 0), { 9: level }, server.now);
  /** A notification of the client, acknowledged if it is to be. */
  const notified = (server: ScriptedServer, expected: Partial<WireMessage>): WireMessage => {
    const notification = server.hear({ code: '2.05', ...expected });
    if (notification.type === 'CON') server.say({ type: 'ACK', code: '0.00', id: notification.id, token: '' });
    return notification;
  };

  judge('client', '1.0-int-301', () => {
    const server = begin();
    attributes(server, LEVEL, 'pmin=5', 'pmax=15');
    const first = observe(server, LEVEL, 'a1');
    expect(first.observe).toBeDefined();
    expect(textOf(first.payload)).toBe('100');
    charge(server, 90);
    server.silence();
    server.advance(5);
    const second = notified(server, { token: 'a1', payload: hexOf('90') });
    expect(second.observe).toBeGreaterThan(first.observe ?? 0);
    server.advance(14.9);
    server.silence();
    server.advance(0.1);
    notified(server, { token: 'a1', payload: hexOf('90') });
  });

  judge('client', '1.0-int-302', () => {
    const server = begin({ server: { 2: 0 } });
    observe(server, LEVEL, 'a1');
    observe(server, VOLTAGE, 'a2');
    charge(server, 90);
    const { id } = server.hear({ code: '2.05', token: 'a1' });
    server.say({ type: 'RST', code: '0.00', id, token: '' });
    charge(server, 80);
    server.advance(9);
    server.silence();
    server.advance(1);
    // The other observation goes on, by the maximum period of the server object.
    notified(server, { token: 'a2', payload: hexOf('3800') });
    server.silence();
  });

  judge('client', '1.0-int-303', () => {
    const server = begin({ server: { 2: 0 } });
    observe(server, LEVEL, 'a1');
    const cancelled = server.ask(
      { code: '0.01', path: LEVEL, observe: 1, token: 'a1', accept: Format.text },
      { code: '2.05', payload: hexOf('100') },
    );
    expect(cancelled.observe).toBeUndefined();
    charge(server, 90);
    server.advance(30);
    server.silence();
  });

  const send = (server: ScriptedServer, ...paths: LwM2mPath[]): WireMessage => {
    server.client.send(paths, server.now);
    const request = server.hear({ code: '0.02', path: '/dp' });
    server.answer(request, { code: '2.04' });
    return request;
  };

  judge('client', '1.1-int-306', () => {
    const server = begin();
    const { format, payload = '' } = send(server, path(1, 0), path(3, 0));
    expect(format).toBe(Format.senmlCbor);
    expect(readSenmlCbor(payload)).toMatchObject({
      '/1/0/1': 86_400,
      '/3/0/0': 'Open Mobile Alliance',
      '/3/0/11/0': 0,
    });
  });

  judge('client', '1.1-int-307', () => {
    const server = begin({ objects: [objectInstance(6, 0, { values: { 0: 39.3, 1: -120.2, 5: 1_367_491_215 } })] });
    server.ask({ code: '0.03', path: '/1/0/23', format: Format.text, payload: hexOf('1') }, { code: '2.04' });
    server.client.send([path(3, 0, 9)], server.now);
    server.silence();
    server.ask({ code: '0.03', path: '/1/0/23', format: Format.text, payload: hexOf('0') }, { code: '2.04' });
    send(server, path(3, 0, 9));
  });

  judge('client', '1.1-int-311', () => {
    const server = begin();
    const { payload = '' } = send(server, path(3, 0, 11, 0), path(1, 0, 1));
    expect(readSenmlCbor(payload)).toEqual({ '/3/0/11/0': 0, '/1/0/1': 86_400 });
  });

  judge('client', '1.2-int-312', () => {
    const server = begin({ client: { version: '1.2' }, server: { 2: 0 } });
    observe(server, VOLTAGE, 'a1', ['pmin=5', 'pmax=15']);
    server.client.set(path(3, 0), { 7: [3700, 5000] }, server.now);
    server.advance(4);
    server.silence();
    server.advance(1);
    notified(server, { token: 'a1', payload: hexOf('3700') });
    server.advance(14);
    server.silence();
    server.advance(1);
    notified(server, { token: 'a1', payload: hexOf('3700') });
    // They are no attributes: Discover does not show them.
    const { payload } = server.ask({ code: '0.01', path: '/3/0/7', accept: Format.linkFormat }, { code: '2.05' });
    expect(textOf(payload)).not.toContain('pmin');
  });

  judge('client', '1.2-int-313', () => {
    const server = begin({ client: { version: '1.2' } });
    attributes(server, LEVEL, 'pmin=60', 'pmax=120');
    observe(server, LEVEL, 'a1', ['pmin=5', 'pmax=15']);
    charge(server, 90);
    server.advance(4);
    server.silence();
    server.advance(1);
    notified(server, { token: 'a1', payload: hexOf('90') });
    server.advance(15);
    notified(server, { token: 'a1', payload: hexOf('90') });
  });
});
