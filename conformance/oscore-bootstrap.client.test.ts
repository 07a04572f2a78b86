import { createSecretKey } from 'node:crypto';
import { oscoreInstance } from '@reeve/agent';
import { describe, expect } from 'vitest';
import { Format } from './content.ts';
import { OscoreShell } from './oscore-shell.ts';
import { ScriptedServer } from './scripted-server.ts';
import { judge } from './suite.ts';
import { hexOf } from './wire.ts';

const BOOTSTRAP_URI = 'coap://192.0.2.1';
const URI = 'coap://192.0.2.9:5683';
const OSCORE_OPTION = 9;

/** Object 0 in TLV by hand: URI, no bootstrap server, mode 3, three empty keys, short server id 101, 17 is 21:1. */
const SECURITY = `c80015${hexOf(URI)}c10100c10203c003c004c005c10a65c41100150001`;
/** Object 21 in TLV by hand: a secret of 16 octets, both ids, the algorithms 10 and 5. */
const CONTEXT = `c80010${'5a'.repeat(16)}c1010cc10200c1030ac10405`;
/** Object 1 in TLV by hand: short server id 101, lifetime 300, storing, binding. */
const SERVER = 'c10065c201012cc10601c10755';

describe('bootstrap over OSCORE', () => {
  judge('client', '1.2-int-11', () => {
    const masterSecret = createSecretKey(Buffer.alloc(16, 7));
    const [senderId, recipientId] = [Buffer.of(0x0b), Buffer.of(0)];
    const parameters = { masterSecret, masterSalt: new Uint8Array(), aead: 10, hkdf: 5 };
    const server = new ScriptedServer({
      provisioned: false,
      objects: [oscoreInstance({ masterSecret, senderId, recipientId })],
      client: { bootstrap: { uri: BOOTSTRAP_URI, oscore: 0 } },
      shell: new OscoreShell(BOOTSTRAP_URI, { ...parameters, senderId: recipientId, recipientId: senderId }),
    });
    server.client.start(server.now);
    const request = server.hear({ code: '0.02', path: '/bs' });
    expect(request.query).toContain('ep=client-1');
    server.answer(request, { code: '2.04' });
    server.ask({ code: '0.04', path: '/0' }, { code: '2.02' });
    server.ask({ code: '0.04', path: '/21' }, { code: '2.02' });
    for (const [path, payload] of [
      ['/21/1', CONTEXT],
      ['/0/1', SECURITY],
      ['/1/0', SERVER],
    ] as const) {
      server.ask({ code: '0.03', path, format: Format.tlv, payload }, { code: '2.04' });
    }
    server.ask({ code: '0.02', path: '/bs' }, { code: '2.04' });
    server.advance(10);
    // What it says now is protected by the context that it was given, as the ids tell: Sender ID 0c.
    const register = server.hear({ code: '0.02' });
    expect([server.heardAt, register.path]).toEqual([URI, '']);
    const [, value = ''] = register.others?.find(([number]) => number === OSCORE_OPTION) ?? [];
    expect(value.endsWith('0c')).toBe(true);
  });
});
