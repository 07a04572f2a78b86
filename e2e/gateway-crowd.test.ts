import { randomBytes } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { CoapEndpoint, type CoapMessage, Code, Option, observeValue, option, PeerKey, uriPath } from '@reeve/coap';
import { ContentFormat } from '@reeve/lwm2m';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { TestServer, until } from './harness.ts';

/** More than CoAP takes requests to one peer at a time. */
const METERS = Array.from({ length: 150 }, (_, n) => `meter-${n}`);
const SERVER = PeerKey('server');
const VALUE = '/3303/0/5700';

/** A gateway with thermometers behind it, which answers what it is asked. */
class Gateway {
  readonly #coap = new CoapEndpoint({ random: (n) => randomBytes(n), limits: { observersPerPeer: 1000 } });
  readonly #socket: Socket = createSocket('udp4');
  readonly #port: number;
  /** Paths that were to be observed. */
  readonly observed: string[] = [];

  constructor(port: number) {
    this.#port = port;
    this.#socket.on('message', (datagram) => {
      this.#coap.receive(SERVER, datagram, performance.now());
      this.#carryOut();
    });
  }

  register(): void {
    const path = option(Option.UriPath, 'rd');
    const query = ['ep=gw-1', 'lt=86400', 'lwm2m=1.1', 'b=U'].map((each) => option(Option.UriQuery, each));
    const options = [path, option(Option.ContentFormat, ContentFormat.linkFormat), ...query];
    const payload = Buffer.from('</1/0>,</3/0>,</25>;ver=2.0,</25/0>');
    this.#coap.request(SERVER, { code: Code.Post, options, payload }, performance.now());
    this.#carryOut();
  }

  close(): void {
    this.#socket.close();
  }

  #carryOut(): void {
    for (let effects = this.#coap.drain(); effects.length > 0; effects = this.#coap.drain()) {
      for (const effect of effects) {
        if (effect.kind === 'send') this.#socket.send(effect.datagram, this.#port, '127.0.0.1');
        if (effect.kind !== 'request') continue;
        const { exchange, message } = effect;
        this.#coap.respond(exchange, this.#answerTo(message), performance.now());
      }
    }
  }

  #answerTo(message: CoapMessage): Parameters<CoapEndpoint['respond']>[1] {
    const path = `/${uriPath(message).join('/')}`;
    const observe = observeValue(message) === 0;
    if (observe) this.observed.push(path);
    const records = path === '/25' ? listed() : path.endsWith(VALUE) ? [{ n: path, v: 20 }] : undefined;
    if (!records) return { code: Code.NotFound };
    const options = [option(Option.ContentFormat, ContentFormat.senmlJson)];
    return { code: Code.Content, options, payload: Buffer.from(JSON.stringify(records)), observe };
  }
}

function listed() {
  return METERS.flatMap((name, instance) => [
    { n: `/25/${instance}/0`, vs: name },
    { n: `/25/${instance}/1`, vs: `d${instance}` },
    { n: `/25/${instance}/3`, vs: '</3303/0>' },
  ]);
}

let server: TestServer;
let gateway: Gateway;
beforeAll(async () => {
  server = await TestServer.start({ noSec: true });
  await server.api('devices.add', { body: { endpoint: 'gw-1', noSec: true } });
  await server.api('devices.change', { params: { device: 'gw-1' }, body: { admitsBehind: true } });
  gateway = new Gateway(server.ready.coapPort);
});
afterAll(async () => {
  gateway?.close();
  await server?.close();
});

it('each of many devices behind a gateway is observed, and once', async () => {
  gateway.register();
  const behind = async () => (await server.api('devices.show', { params: { device: 'gw-1' } })).behind?.length;
  await until('all are there', async () => (await behind()) === METERS.length);
  const body = { path: VALUE };
  await Promise.all(METERS.map((device) => server.api('devices.observe', { params: { device }, body })));
  const live = async () => {
    const shown = await Promise.all(METERS.map((device) => server.api('devices.show', { params: { device } })));
    return shown.filter(({ observations }) => observations[0]?.state === 'live').length;
  };
  await until('all are observed', async () => (await live()) === METERS.length);
  expect(gateway.observed).toHaveLength(METERS.length);
});
