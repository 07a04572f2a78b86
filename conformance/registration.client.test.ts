import { describe, expect } from 'vitest';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf, textOf } from './wire.ts';

describe('registration', () => {
  judge('client', '1.0-int-101', () => {
    const server = new ScriptedServer();
    const { query, payload, format } = server.register();
    expect(query).toEqual(expect.arrayContaining(['ep=client-1', 'lt=86400', 'lwm2m=1.1', 'b=U']));
    expect(format).toBe(40);
    const links = textOf(payload).split(',');
    expect(links).toEqual(expect.arrayContaining(['</1/0>', '</3/0>']));
    expect(links.some((link) => /^<\/(0|21)\b/.test(link))).toBe(false);
    server.silence();
  });

  judge('client', '1.0-int-102', () => {
    const server = new ScriptedServer();
    server.register();
    server.ask({ code: '0.03', path: '/1/0/1', format: 0, payload: hexOf('20') }, { code: '2.04' });
    const update = server.hear({ code: '0.02', path: '/rd/5a3f', query: ['lt=20'], payload: '' });
    server.answer(update, { code: '2.04' });
    server.advance(19);
    server.hear({ code: '0.02', path: '/rd/5a3f', query: [] });
  });

  judge('client', '1.0-int-103', () => {
    const server = new ScriptedServer({ server: { 5: 600 } });
    server.register();
    server.ask({ code: '0.02', path: '/1/0/4' }, { code: '2.04' });
    server.answer(server.hear({ code: '0.04', path: '/rd/5a3f' }), { code: '2.02' });
    server.say({ code: '0.01', path: '/3/0/0' });
    server.advance(599);
    server.silence();
    server.advance(1);
    server.hear({ code: '0.02', path: '/rd', format: 40 });
  });

  judge('client', '1.0-int-104', () => {
    const server = new ScriptedServer();
    server.register();
    server.ask({ code: '0.02', path: '/1/0/8' }, { code: '2.04' });
    const update = server.hear({ code: '0.02', path: '/rd/5a3f', query: [], payload: '' });
    server.answer(update, { code: '2.04' });
    server.silence();
  });

  judge('client', '1.0-int-105', () => {
    const server = new ScriptedServer();
    server.register();
    server.ask({ code: '0.02', path: '/1/0/8' }, { code: '2.04' });
    server.answer(server.hear({ code: '0.02', path: '/rd/5a3f' }), { code: '4.04' });
    const again = server.hear({ code: '0.02', path: '/rd', format: 40 });
    expect(again.query).toEqual(expect.arrayContaining(['ep=client-1', 'lt=86400']));
    server.answer(again, { code: '2.01', location: '/rd/6b40' });
    expect(server.client.registration).toMatchObject({ kind: 'registered', location: ['rd', '6b40'] });
  });

  judge('client', '1.1-int-107', () => {
    const server = new ScriptedServer({ server: { 1: 60 } });
    server.register();
    server.ask({ code: '0.03', path: '/1/0/1', format: 0, payload: hexOf('120') }, { code: '2.04' });
    server.answer(server.hear({ code: '0.02', path: '/rd/5a3f', query: ['lt=120'] }), { code: '2.04' });
    server.advance(119);
    server.answer(server.hear({ code: '0.02', path: '/rd/5a3f', query: [] }), { code: '2.04' });
    expect(server.client.registration.kind).toBe('registered');
  });

  judge('client', '1.1-int-108', () => {
    const server = new ScriptedServer({ client: { queueMode: true } });
    const { query } = server.register();
    expect(query).toEqual(expect.arrayContaining(['lwm2m=1.1', 'b=U', 'Q']));
    // It listens for MAX_TRANSMIT_WAIT after the last message.
    server.advance(92);
    server.ask({ code: '0.01', path: '/3/0/0' }, { code: '2.05' });
  });

  judge('client', '1.1-int-109', () => {
    const server = new ScriptedServer({ client: { queueMode: true } });
    server.register();
    server.advance(94);
    server.say({ code: '0.01', path: '/3/0/0' });
    server.silence();
    server.client.update(server.now);
    server.answer(server.hear({ code: '0.02', path: '/rd/5a3f' }), { code: '2.04' });
    server.ask({ code: '0.01', path: '/3/0/0' }, { code: '2.05', payload: hexOf('Open Mobile Alliance') });
  });

  // What is hashed has no canonical form, so that a server can take a profile for a name and nothing more.
  const DYNAMIC_PROFILE = /^pid=5:[0-9a-f]{16}$/;
  const profiled = () => new ScriptedServer({ client: { version: '1.2', profile: true } });

  judge('client', '1.2-int-110', () => {
    const server = profiled();
    const { query, payload, format } = server.register();
    expect(query).toEqual(expect.arrayContaining(['ep=client-1', 'lt=86400', 'lwm2m=1.2', 'b=U']));
    expect(query?.filter((one) => DYNAMIC_PROFILE.test(one))).toHaveLength(1);
    expect([payload, format]).toEqual(['', undefined]);
    server.silence();
  });

  judge('client', '1.2-int-111', () => {
    const server = profiled();
    server.client.start(server.now);
    const first = server.hear({ code: '0.02', path: '/rd', payload: '' });
    server.answer(first, { code: '4.09' });
    const again = server.hear({ code: '0.02', path: '/rd', format: 40, query: first.query ?? [] });
    expect(textOf(again.payload).split(',')).toEqual(expect.arrayContaining([expect.stringContaining('</3/0>')]));
    server.answer(again, { code: '2.01', location: '/rd/5a3f' });
    expect(server.client.registration.kind).toBe('registered');
  });
});
