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
});
