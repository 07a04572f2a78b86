import { createSecretKey } from 'node:crypto';
import {
  CoapEndpoint,
  Code,
  decodeMessage,
  frameOf,
  OscoreAssociation,
  PeerKey,
  readFrame,
  uriPath,
} from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../tooling/testing/fuzz.ts';
import { DeviceModel } from './model.ts';
import { type OscoreOptions, oscoreInstance, oscoreParameters } from './objects/oscore.ts';
import { securityInstance } from './objects/security.ts';
import { linkOf } from './security.ts';

const OPTIONS: OscoreOptions = {
  masterSecret: createSecretKey(Buffer.alloc(16, 1)),
  senderId: Buffer.from('0a', 'hex'),
  recipientId: Buffer.from('00', 'hex'),
  masterSalt: Buffer.from('9e7c', 'hex'),
};
const uri = 'coap://server.example';
const CSM = Buffer.from('00e1', 'hex');
const PARTS = { random: seededBytes(1), retransmit: {}, trustAnchors: [], wallClock: undefined };
const SERVER = PeerKey('server');

/** Asks over the link of a Security object, twice, setting it up anew in between. @returns what was asked, and answered */
function converse(options: OscoreOptions, secret = OPTIONS.masterSecret, at = uri) {
  const model = new DeviceModel([securityInstance({ uri: at, oscore: 0 }), oscoreInstance(options)]);
  const link = linkOf(0, model, PARTS);
  const { senderId, recipientId, ...rest } = oscoreParameters(model, 0);
  const association = new OscoreAssociation({
    parameters: { ...rest, masterSecret: secret, senderId: recipientId, recipientId: senderId },
    numbers: { next: 0, limit: 0, block: 8 },
    received: 'unknown',
    random: seededBytes(2),
  });
  const coap = new CoapEndpoint({
    random: seededBytes(3),
    intercept: (_, datagram) => link.intercept?.(datagram) ?? false,
  });
  const { connection } = link;
  /** What goes over a connection is framed, and begins with settings. */
  const toLink = (datagram: Uint8Array) => link.receive(connection ? frameOf(datagram) : datagram, 0);
  const server = new CoapEndpoint({ random: seededBytes(4) });
  const told: string[] = [];
  for (const text of ['first', 'second']) {
    link.connect(0);
    coap.forgetPeer(SERVER, 0);
    connection?.opened(0);
    if (connection && coap.connected(SERVER, 0)) coap.receive(SERVER, CSM, 0);
    coap.request(SERVER, { code: Code.Post, options: [{ number: 11, value: Buffer.from(text) }] }, 0);
    for (let turn = 0; turn < 20; turn++) {
      for (const effect of coap.drain()) {
        if (effect.kind === 'send') link.send(effect.datagram);
        else if (effect.kind === 'outcome') told.push(`answered ${effect.outcome.kind}`);
      }
      for (const effect of link.drain(0)) {
        const datagram = effect.kind === 'send' ? sentIn(effect.datagram, connection !== undefined) : undefined;
        const decoded = datagram && decodeMessage(datagram);
        if (datagram && decoded?.ok) association.receive(datagram, decoded.message);
        if (effect.kind === 'message') coap.deliver(SERVER, effect.data, 0);
        if (effect.kind === 'received') coap.receive(SERVER, effect.data, 0);
      }
      for (const effect of server.drain()) {
        if (effect.kind === 'send') association.send(effect.datagram);
        if (effect.kind !== 'request') continue;
        told.push(`asked ${uriPath(effect.message).join('/')}`);
        server.respond(effect.exchange, { code: Code.Changed }, 0);
      }
      for (const effect of association.drain()) {
        if (effect.kind === 'send') toLink(effect.datagram);
        else if (effect.kind === 'received') server.receive(PeerKey('device'), effect.datagram, 0);
        else if (effect.kind === 'reserve') association.reserved(effect.upTo, effect.idContext);
      }
    }
  }
  return told;
}

/** The message in what was sent; none in a signal. */
function sentIn(bytes: Uint8Array, framed: boolean): Uint8Array | undefined {
  if (!framed) return bytes;
  const frame = readFrame(bytes, bytes.length);
  return frame.kind === 'message' && (frame.datagram[1] ?? 0) >> 5 !== 7 ? frame.datagram : undefined;
}

describe('SE-3, OSC-01: the link of a Security object that points at object 21', () => {
  it.each<[string, Partial<OscoreOptions>]>([
    ['as it is', {}],
    ['with an ID context', { idContext: Buffer.from('37cb', 'hex') }],
    ['with other algorithms', { aead: 30, hmac: 7 }],
  ])('derives new keys each time that it is set up, %s', (_name, more) => {
    expect(converse({ ...OPTIONS, ...more })).toEqual([
      'asked first',
      'answered response',
      'asked second',
      'answered response',
    ]);
  });

  it('does so over a connection, whose signals are not protected', () => {
    const told = converse(OPTIONS, OPTIONS.masterSecret, 'coap+tcp://server.example');
    expect(told).toEqual(['asked first', 'answered response', 'asked second', 'answered response']);
  });

  it('hears nobody with another secret', () => {
    expect(converse(OPTIONS, createSecretKey(Buffer.alloc(16, 2)))).toEqual(['answered cancelled']);
  });

  it.each<[string, Partial<OscoreOptions>, string]>([
    ['an algorithm that there is not', { aead: 99 }, 'AEAD'],
    ['equal ids', { recipientId: OPTIONS.senderId }, 'same'],
  ])('refuses %s', (_name, more, words) => {
    const model = new DeviceModel([securityInstance({ uri, oscore: 0 }), oscoreInstance({ ...OPTIONS, ...more })]);
    expect(() => linkOf(0, model, PARTS)).toThrow(words);
  });

  it('refuses to point nowhere, and OSCORE over DTLS', () => {
    const nowhere = new DeviceModel([securityInstance({ uri, oscore: 3 }), oscoreInstance(OPTIONS)]);
    expect(() => linkOf(0, nowhere, PARTS)).toThrow('/21/3');
    const psk = { identity: Buffer.from('a'), key: Buffer.alloc(16) };
    expect(() => securityInstance({ uri: 'coaps://server.example', psk, oscore: 0 })).toThrow('without DTLS');
  });

  it('tells no server of object 21', () => {
    const model = new DeviceModel([securityInstance({ uri, oscore: 0 }), oscoreInstance(OPTIONS)]);
    expect(model.listing('1.1')).not.toContain('21');
  });
});
