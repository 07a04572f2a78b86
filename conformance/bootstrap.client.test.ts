import { describe, expect } from 'vitest';
import { Format } from './content.ts';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf, textOf, type WireMessage } from './wire.ts';

const BOOTSTRAP_URI = 'coap://192.0.2.1';
const URI = 'coap://192.0.2.9:5683';

/** An object instance in TLV, of fewer than 256 octets: type, id, length, resources. */
const instance = (id: number, resources: string) =>
  `08${[id, resources.length / 2].map((one) => one.toString(16).padStart(2, '0')).join('')}${resources}`;
/** Object 0 in TLV by hand: URI, no bootstrap server, mode 3, three empty keys, short server id 101. */
const SECURITY = `c80015${hexOf(URI)}c10100c10203c003c004c005c10a65`;
/** Object 1 in TLV by hand: short server id 101, lifetime 300, storing, binding. */
const SERVER = 'c10065c201012cc10601c10755';
/** The same two as a pack. */
const PACK = [
  { bn: '/0/1/', n: '0', vs: URI },
  { n: '1', vb: false },
  { n: '2', v: 3 },
  { n: '3', vd: '' },
  { n: '4', vd: '' },
  { n: '5', vd: '' },
  { n: '10', v: 101 },
  { bn: '/1/0/', n: '0', v: 101 },
  { n: '1', v: 300 },
  { n: '6', vb: true },
  { n: '7', vs: 'U' },
];

describe('bootstrap', () => {
  const begin = (options: ConstructorParameters<typeof ScriptedServer>[0] = {}) => {
    const { client, ...rest } = options;
    return new ScriptedServer({ ...rest, client: { bootstrap: { uri: BOOTSTRAP_URI }, ...client } });
  };
  /** The client asks to be bootstrapped. */
  const requested = (server: ScriptedServer) => {
    const request = server.hear({ type: 'CON', code: '0.02', path: '/bs', payload: '' });
    expect(server.heardAt).toBe(BOOTSTRAP_URI);
    expect(request.query).toContain('ep=client-1');
    server.answer(request, { code: '2.04' });
  };
  /** A client without an account, whose request has been answered. */
  const requesting = () => {
    const server = begin({ provisioned: false });
    server.client.start(server.now);
    requested(server);
    return server;
  };
  const write = (server: ScriptedServer, path: string, payload: string) =>
    server.ask({ code: '0.03', path, format: Format.tlv, payload }, { code: '2.04' });
  const remove = (server: ScriptedServer, path: string) => server.ask({ code: '0.04', path }, { code: '2.02' });
  const finish = (server: ScriptedServer, code = '2.04') => server.ask({ code: '0.02', path: '/bs' }, { code });
  const links = (server: ScriptedServer, path = '') => {
    const { payload } = server.ask({ code: '0.01', path, accept: Format.linkFormat }, { code: '2.05', format: 40 });
    return textOf(payload).split(',');
  };
  /** The next Register; it may take a while, since a lost answer to Finish can be asked for again. */
  const registered = (server: ScriptedServer, expected: Partial<WireMessage> = {}) => {
    server.advance(10);
    const register = server.hear({ code: '0.02', path: '/rd', ...expected });
    expect(server.heardAt).toBe(URI);
    server.answer(register, { code: '2.01', location: '/rd/1' });
    return register;
  };

  // The procedure has "bs":"U" for what the resource Binding says.
  judge('client', '1.0-int-0', () => {
    const server = requesting();
    write(server, '/0', instance(1, SECURITY));
    write(server, '/1', instance(0, SERVER));
    const found = links(server);
    expect(found[0]).toMatch(/^<\/>;lwm2m="?1\.[01]"?$/);
    expect(found).toEqual(expect.arrayContaining(['</0/0>', '</1/0>;ssid=101', '</3/0>']));
    expect(found.some((link) => link.startsWith('</0/1>;ssid=101'))).toBe(true);
    finish(server);
    expect(registered(server).query).toEqual(expect.arrayContaining(['ep=client-1', 'lt=300']));
  });

  judge('client', '1.1-int-4', () => {
    const server = requesting();
    write(server, '/0', instance(1, SECURITY));
    write(server, '/1', instance(0, SERVER));
    remove(server, '/0');
    remove(server, '/1');
    const found = links(server);
    expect(found).toContain('</0/0>');
    expect(found.filter((link) => /^<\/(0\/1|1\/)/.test(link))).toEqual([]);
  });

  judge('client', '1.1-int-5', () => {
    const server = begin();
    server.register();
    server.ask({ code: '0.02', path: '/1/0/9' }, { code: '2.04' });
    requested(server);
  });

  judge('client', '1.1-int-6', () => {
    // An account from the factory comes before any bootstrap.
    const server = begin();
    server.client.start(server.now);
    server.hear({ code: '0.02', path: '/rd' });
    server.silence();
    // Without one, the client asks for one.
    requesting();
  });

  judge('client', '1.1-int-7', () => {
    const server = begin({ server: { 17: 1, 20: 1 } });
    server.client.start(server.now);
    const { id } = server.hear({ code: '0.02', path: '/rd' });
    server.advance(100);
    // Four retransmissions, and then it gives up (RFC 7252 §4.8).
    for (let again = 0; again < 4; again++) server.hear({ path: '/rd', id });
    requested(server);
  });

  // The procedure says 2.04 Created for what was written.
  judge('client', '1.1-int-8', () => {
    const server = requesting();
    write(server, '/0', instance(1, SECURITY));
    write(server, '/1', instance(0, SERVER));
    // Object 3, instance 0, of the access rights 31 for server 0, owned by nobody.
    const control = 'c10003c10100830241001fc4030000ffff';
    write(server, '/2/0', control);
    const read = (path: string) => server.ask({ code: '0.01', path, accept: Format.tlv }, { code: '2.05' }).payload;
    expect(read('/1')).toBe(instance(0, SERVER));
    expect(read('/2')).toBe(instance(0, control));
  });

  judge('client', '1.1-int-9', () => {
    const server = requesting();
    // Disable Timeout, and nothing else.
    write(server, '/1/0', 'c4050001517f');
    finish(server, '4.06');
    server.advance(60);
    server.silence();
  });

  // The procedure says 2.04 where content is answered; it is 2.05 (Transport, Table 6.4.2-1).
  judge('client', '1.2-int-12', () => {
    const server = begin({ provisioned: false, client: { version: '1.2' } });
    server.client.start(server.now);
    const request = server.hear({ code: '0.01', path: '/bspack' });
    expect(server.heardAt).toBe(BOOTSTRAP_URI);
    expect(request.query?.toSorted()).toEqual(['acc=</0/0>', 'ep=client-1']);
    const payload = hexOf(JSON.stringify(PACK));
    server.answer(request, { code: '2.05', format: Format.senmlJson, payload });
    // There is no Finish.
    expect(registered(server).query).toEqual(expect.arrayContaining(['lwm2m=1.2', 'lt=300']));
  });
});
