/** An LwM2M server of a few lines over real UDP, for this package's tests: NoSec, and DTLS with one key for all. */

import { randomBytes } from 'node:crypto';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import {
  CoapCore,
  type CoapEffect,
  Code,
  type NotificationEffect,
  ObservationScope,
  Option,
  option,
  PeerKey,
  uriPath,
  uriQuery,
} from '@reeve/coap';
import { addressKey, DtlsServer, type SessionKey, sessionKey } from '@reeve/dtls';

export const KEY = Buffer.from('000102030405060708090a0b0c0d0e0f', 'hex');

export interface TestServer {
  readonly uri: string;
  /** Endpoint names and registration ids. */
  readonly registered: ReadonlyMap<string, string>;
  readonly deregistered: readonly string[];
  readonly notifications: readonly NotificationEffect[];
  close(): void;
}

/** Observes /6/0 of every device that registers, and answers everything well. */
export async function startTestServer(secure: boolean): Promise<TestServer> {
  const random = (n: number) => randomBytes(n);
  const socket = createSocket('udp4');
  const dtls = new DtlsServer({ random });
  const coap = new CoapCore({ random });
  const registered = new Map<string, string>();
  const deregistered: string[] = [];
  const notifications: NotificationEffect[] = [];

  const sendTo = (address: string, datagram: Uint8Array): void => {
    socket.send(datagram, Number(address), '127.0.0.1');
  };
  const work = (): void => {
    for (let effects = coap.drain(); effects.length > 0; effects = coap.drain()) for (const one of effects) onCoap(one);
    for (let effects = dtls.drain(); effects.length > 0; effects = dtls.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') sendTo(effect.address, effect.datagram);
        else if (effect.kind === 'findPsk')
          dtls.pskFound(effect.lookup, { key: KEY, credential: '' }, performance.now());
        else if (effect.kind === 'received') coap.receive(PeerKey(effect.session), effect.data, performance.now());
      }
      work();
    }
  };
  const onCoap = (effect: CoapEffect): void => {
    const now = performance.now();
    switch (effect.kind) {
      case 'send':
        if (secure) dtls.send(sessionOf(effect.peer), effect.datagram);
        else sendTo(effect.peer, effect.datagram);
        break;
      case 'request': {
        const { exchange, message, peer } = effect;
        const path = uriPath(message);
        if (message.code === Code.Delete) deregistered.push(path[1] ?? '');
        if (path.length > 1) {
          coap.respond(exchange, { code: message.code === Code.Delete ? Code.Deleted : Code.Changed }, now);
          break;
        }
        const id = `r${registered.size}`;
        const endpoint = uriQuery(message).find((part) => part.startsWith('ep='));
        registered.set(endpoint?.slice(3) ?? '', id);
        const options = [option(Option.LocationPath, 'rd'), option(Option.LocationPath, id)];
        coap.respond(exchange, { code: Code.Created, options }, now);
        coap.bindScope(peer, ObservationScope(id), now);
        const target = [option(Option.UriPath, '6'), option(Option.UriPath, '0')];
        coap.request(peer, { code: Code.Get, options: target, observe: 'register' }, now);
        break;
      }
      case 'notification':
        notifications.push(effect);
        if (effect.confirmable) coap.accept(effect.exchange);
        break;
      default:
        break;
    }
  };

  socket.on('message', (datagram, { port }) => {
    if (secure) dtls.receive(addressKey(String(port)), datagram, performance.now());
    else coap.receive(PeerKey(String(port)), datagram, performance.now());
    work();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  return {
    uri: `${secure ? 'coaps' : 'coap'}://127.0.0.1:${socket.address().port}`,
    registered,
    deregistered,
    notifications,
    close: () => socket.close(),
  };
}

function sessionOf(peer: PeerKey): SessionKey {
  return sessionKey(peer);
}
