import { CoapEndpoint, Code, Option, option, PeerKey } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { seededBytes } from '../../../../tooling/testing/fuzz.ts';
import { FOUND, HOST, OscoreScene } from './test-oscore.ts';
import { path, registerRequest } from './test-owner.ts';

describe.each([false, true])('a device that uses OSCORE, deriving new keys: %s', (rederive) => {
  it('is a session of its credential once it proved to be there', () => {
    const scene = new OscoreScene({ rederive });
    scene.send();
    expect(scene.of('find-oscore')).toMatchObject([{ kid: '0a' }]);
    const [opened] = scene.of('session-opened');
    expect(opened?.session).toMatchObject({ transport: 'coap', identity: 'oscore:0a', credential: 'cred-1' });
    expect(scene.of('session-opened')).toHaveLength(1);
    expect(scene.of('register')).toMatchObject([{ endpoint: 'truck-1', session: opened?.session }]);
    expect(scene.responses).toEqual(['2.01']);
    const derived = scene.of('reserve-oscore').map((each) => each.derived?.length);
    expect(derived).toEqual(rederive ? [32] : []);
  });

  it('is the same session wherever it comes from, and is answered there', () => {
    const scene = new OscoreScene({ rederive });
    scene.send();
    scene.port = 40_777;
    scene.ingress = 1;
    scene.send();
    expect(scene.responses).toEqual(['2.01', '2.01']);
    const [first, second] = scene.of('register');
    // It has not shown yet that it receives there.
    expect(second?.session).toEqual({ ...first?.session, ingress: 1 });
    expect(scene.wentTo.at(-1)).toMatchObject({ ingress: 1, port: 40_777 });
    scene.send();
    expect(scene.of('register').at(-1)?.session).toEqual({ ...second?.session, address: `${HOST}:40777` });
  });

  it('is on the socket that it came to, from one port too', () => {
    const scene = new OscoreScene({ rederive });
    scene.send();
    scene.ingress = 1;
    scene.send();
    expect(scene.of('register').map(({ session }) => session.ingress)).toEqual([0, 1]);
  });

  it('ends with its credential, and comes back with a good one', () => {
    const scene = new OscoreScene({ rederive });
    scene.send();
    scene.owner.handle({ kind: 'close-identity', identity: 'oscore:0a' }, 0);
    expect(scene.of('session-closed')).toHaveLength(1);
    expect(scene.owner.sizes().sessions).toBe(0);
    scene.found = { ...FOUND, sendFrom: 2000, sendLimit: 3000 };
    scene.send();
    expect(scene.of('session-opened')).toHaveLength(2);
    expect(scene.responses).toEqual(['2.01', '2.01']);
  });
});

it('a device that starts anew elsewhere is answered there under its new keys', () => {
  const scene = new OscoreScene({ rederive: true });
  scene.send();
  scene.restart();
  scene.port = 40_888;
  scene.wentTo.length = 0;
  scene.send();
  expect(scene.responses).toEqual(['2.01', '2.01']);
  // Whatever was observed under the old keys is observed anew.
  expect(scene.of('session-closed')).toMatchObject([{ reason: 'the device derived new keys' }]);
  expect(scene.of('session-opened')).toHaveLength(2);
  expect(new Set(scene.wentTo.map(({ port }) => port))).toEqual(new Set([40_888]));
  expect(scene.of('register').at(-1)?.session.address).toBe(`${HOST}:40888`);
});

describe('on a socket for OSCORE alone', () => {
  const plain = (code: number) => {
    const coap = new CoapEndpoint({ random: seededBytes(9) });
    coap.request(PeerKey('s'), { code, options: [...path('rd'), option(Option.UriQuery, 'ep=x')] }, 0);
    const [effect] = coap.drain();
    return effect?.kind === 'send' ? effect.datagram : new Uint8Array(0);
  };

  it('SE-8: what is not protected is not heard', () => {
    const scene = new OscoreScene();
    for (const datagram of [plain(Code.Post), Buffer.from('40000001', 'hex'), Buffer.from('ffff', 'hex')]) {
      scene.owner.receive(0, HOST, 1, datagram, 0);
    }
    expect([scene.up, scene.sent, scene.owner.sizes().plainSessions]).toEqual([[], [], 0]);
    scene.owner.receive(1, HOST, 1, plain(Code.Post), 0);
    expect(scene.of('register')).toHaveLength(1);
  });

  it('OS-3: unknown ids get 4.01 in clear, and are told of', () => {
    const scene = new OscoreScene();
    scene.found = undefined;
    scene.coap.request(PeerKey('server'), registerRequest(), 0);
    scene.settle();
    expect(scene.of('refused')).toMatchObject([{ check: 'unknown-identity', identity: 'oscore:0a' }]);
    expect(scene.of('session-opened')).toEqual([]);
  });

  it('questions about keys are bounded, and each id is asked about once', () => {
    const scene = new OscoreScene();
    const request = (kid: number) =>
      Uint8Array.from([0x40, 2, 0, kid & 255, 0x95, 9, 0, kid >> 8, kid & 255, 1, 0xff, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    for (let round = 0; round < 3; round++) {
      for (let kid = 0; kid < 1200; kid++) scene.owner.receive(0, HOST, kid, request(kid), 0);
    }
    expect(scene.of('find-oscore')).toHaveLength(1000);
    expect(scene.sent).toEqual([]);
  });
});
