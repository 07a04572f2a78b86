import { objectInstance } from '@reeve/agent';
import { path } from '@reeve/lwm2m';
import { describe, expect } from 'vitest';
import { Format, readSenmlCbor } from './content.ts';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf, textOf, type WireMessage } from './wire.ts';

describe('objects', () => {
  const begin = (...options: ConstructorParameters<typeof ScriptedServer>) => {
    const server = new ScriptedServer(...options);
    server.register();
    return server;
  };
  const values = (server: ScriptedServer, at: string) =>
    readSenmlCbor(server.ask({ code: '0.01', path: at, accept: Format.senmlCbor }, { code: '2.05' }).payload ?? '');
  /** Observes an instance with periods of 2 and 10 seconds. */
  const observe = (server: ScriptedServer, at: string): WireMessage => {
    server.ask({ code: '0.03', path: at, query: ['pmin=2', 'pmax=10'] }, { code: '2.04' });
    const request = { code: '0.01', path: at, observe: 0, token: 'a1', accept: Format.senmlCbor };
    return server.ask(request, { code: '2.05' });
  };
  const notified = (server: ScriptedServer) => {
    const { id, type, payload = '' } = server.hear({ code: '2.05', token: 'a1' });
    if (type === 'CON') server.say({ type: 'ACK', code: '0.00', id, token: '' });
    return readSenmlCbor(payload);
  };

  const monitoring = () =>
    objectInstance(4, 0, { values: { 0: 6, 1: [6], 2: -80, 4: ['192.0.2.1'], 8: 12, 9: 1, 10: 262 } });

  judge('client', '1.0-int-701', () => {
    const server = begin({ objects: [monitoring()] });
    expect(values(server, '/4/0')).toMatchObject({
      '/4/0/0': 6,
      '/4/0/1/0': 6,
      '/4/0/2': -80,
      '/4/0/4/0': '192.0.2.1',
    });
  });

  judge('client', '1.0-int-710', () => {
    const server = begin({ objects: [monitoring()] });
    expect(observe(server, '/4/0').observe).toBeDefined();
    server.client.set(path(4, 0), { 2: -90 }, server.now);
    server.advance(1.9);
    server.silence();
    server.advance(0.1);
    expect(notified(server)).toMatchObject({ '/4/0/2': -90 });
    server.advance(10);
    expect(notified(server)).toMatchObject({ '/4/0/2': -90 });
  });

  const location = () => objectInstance(6, 0, { values: { 0: 39.328, 1: -120.183, 3: 5, 5: 1_790_000_000 } });

  judge('client', '1.0-int-801', () => {
    const server = begin({ objects: [location()] });
    expect(values(server, '/6/0')).toMatchObject({ '/6/0/0': 39.328, '/6/0/1': -120.183, '/6/0/5': 1_790_000_000 });
  });

  judge('client', '1.0-int-810', () => {
    const server = begin({ objects: [location()] });
    observe(server, '/6/0');
    server.client.set(path(6, 0), { 0: 39.5, 5: 1_790_000_002 }, server.now);
    server.advance(2);
    expect(notified(server)).toMatchObject({ '/6/0/0': 39.5, '/6/0/5': 1_790_000_002 });
    server.advance(9.9);
    server.silence();
    server.advance(0.1);
    expect(notified(server)).toMatchObject({ '/6/0/0': 39.5 });
  });

  /** Counts octets between Start and Stop. */
  const statistics = () => {
    const done: string[] = [];
    const resources = { 6: { execute: () => void done.push('start') }, 7: { execute: () => void done.push('stop') } };
    const instance = objectInstance(7, 0, { values: { 0: 0, 1: 0, 2: 12, 3: 34, 4: 1280, 5: 128, 8: 0 }, resources });
    return { done, instance };
  };

  judge('client', '1.0-int-901', () => {
    const { done, instance } = statistics();
    const server = begin({ objects: [instance] });
    server.ask({ code: '0.02', path: '/7/0/6' }, { code: '2.04' });
    server.ask({ code: '0.02', path: '/7/0/7' }, { code: '2.04' });
    expect(done).toEqual(['start', 'stop']);
    expect(values(server, '/7/0')).toMatchObject({ '/7/0/2': 12, '/7/0/3': 34, '/7/0/4': 1280, '/7/0/5': 128 });
  });

  judge('client', '1.0-int-905', () => {
    const server = begin({ objects: [statistics().instance] });
    server.ask({ code: '0.03', path: '/7/0/8', format: Format.text, payload: hexOf('60') }, { code: '2.04' });
    const { payload } = server.ask({ code: '0.01', path: '/7/0/8', accept: Format.text }, { code: '2.05' });
    expect(textOf(payload)).toBe('60');
  });

  judge('client', '1.0-int-910', () => {
    const server = begin({ objects: [statistics().instance] });
    observe(server, '/7/0');
    server.client.set(path(7, 0), { 2: 13 }, server.now);
    server.advance(2);
    expect(notified(server)).toMatchObject({ '/7/0/2': 13 });
  });

  judge('client', '1.1-int-1900', () => {
    const container = objectInstance(19, 0, { values: { 0: [Buffer.from('first').toString('base64')] } });
    const server = begin({ objects: [container] });
    observe(server, '/19/0');
    server.client.set(path(19, 0), { 0: [Buffer.from('second').toString('base64')] }, server.now);
    server.advance(2);
    expect(notified(server)).toEqual({ '/19/0/0/0': hexOf('second') });
  });

  judge('client', '1.1-int-1901', () => {
    const container = objectInstance(19, 1, { values: { 0: [Buffer.from('first').toString('base64')] } });
    const server = begin({ objects: [container] });
    const write = { code: '0.03', path: '/19/1/0/0', format: Format.opaque, payload: hexOf('written') };
    server.ask(write, { code: '2.04' });
    const { payload } = server.ask({ code: '0.01', path: '/19/1/0/0', accept: Format.opaque }, { code: '2.05' });
    expect(payload).toBe(hexOf('written'));
  });

  /** Collects what happens between LogStart and LogStop. */
  const eventLog = () => {
    const done: string[] = [];
    const resources = {
      4011: { execute: () => void done.push('start') },
      4012: { execute: () => void done.push('stop') },
    };
    const values = { 4010: 0, 4013: 0, 4014: Buffer.alloc(1500, 'event;').toString('base64'), 4015: 1 };
    return { done, instance: objectInstance(20, 0, { values, resources }) };
  };

  // The specification's procedure writes LogStart and LogStop, which can only be executed.
  judge('client', '1.1-int-2000', () => {
    const { done, instance } = eventLog();
    const server = begin({ objects: [instance] });
    server.ask({ code: '0.03', path: '/20/0/4010', format: Format.text, payload: hexOf('1') }, { code: '2.04' });
    server.ask({ code: '0.02', path: '/20/0/4011' }, { code: '2.04' });
    server.client.set(path(20, 0), { 4014: Buffer.from('17:02 started').toString('base64') }, server.now);
    server.ask({ code: '0.02', path: '/20/0/4012' }, { code: '2.04' });
    expect(done).toEqual(['start', 'stop']);
    expect(values(server, '/20/0')).toMatchObject({ '/20/0/4010': 1, '/20/0/4013': 0 });
    const { payload } = server.ask({ code: '0.01', path: '/20/0/4014', accept: Format.opaque }, { code: '2.05' });
    expect(textOf(payload)).toBe('17:02 started');
  });

  judge('client', '1.1-int-2001', () => {
    const server = begin({ objects: [eventLog().instance] });
    const BLOCK2 = 23;
    /** Block by block, of 512 octets (RFC 7959 §2.2: number, more, size exponent). */
    const blockOf = (number: number) => {
      const others = [[BLOCK2, ((number << 4) | 5).toString(16).padStart(2, '0')] as const];
      const asked = { code: '0.01', path: '/20/0/4014', accept: Format.opaque, others };
      const answer = server.ask(asked, { code: '2.05', format: Format.opaque });
      const [, control = ''] = answer.others?.find(([option]) => option === BLOCK2) ?? [];
      return { payload: answer.payload ?? '', control };
    };
    const blocks = [0, 1, 2].map(blockOf);
    expect(blocks.map(({ control }) => control)).toEqual(['0d', '1d', '25']);
    expect(textOf(blocks.map(({ payload }) => payload).join(''))).toBe('event;'.repeat(250));
  });
});
