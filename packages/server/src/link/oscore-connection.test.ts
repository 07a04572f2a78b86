import { Code, encodeMessage, frameOf, Option, option } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { OscoreScene } from './test-oscore.ts';
import { path } from './test-owner.ts';

const ONLY = 2;
const ALL = 3;
const LINKS = new TextEncoder().encode('</1/0>,</3/0>');
const query = (text: string) => option(Option.UriQuery, text);

/** A request without protection, as it goes over a connection. */
const plain = (...segments: string[]) =>
  frameOf(
    encodeMessage({
      ...{ type: 1, code: Code.Get, messageId: 0, token: Uint8Array.of(1, 2) },
      ...{ options: path(...segments), payload: new Uint8Array(0) },
    }),
  );

describe.each([false, true])('OSCORE over a connection, deriving new keys: %s', (rederive) => {
  it('makes the connection the session of the device, both ways', () => {
    const scene = new OscoreScene({ rederive });
    const sessionId = scene.connect(ONLY);
    scene.send();
    expect(scene.responses).toEqual(['2.01']);
    const session = { sessionId, transport: 'coap+tcp', identity: 'oscore:0a', credential: 'cred-1', ingress: ONLY };
    expect(scene.of('session-opened')).toMatchObject([{ session }]);
    expect(scene.of('register')).toMatchObject([{ session }]);
    scene.perform();
    // It was not asked first whether it receives there: it has a connection.
    expect(scene.asked).toEqual(['3/0/0']);
    expect(scene.of('outcome')).toHaveLength(1);
  });

  it('hears nothing without protection from who has used it', () => {
    const scene = new OscoreScene({ rederive });
    const sessionId = scene.connect(ALL);
    scene.send();
    const before = [scene.up.length, scene.responses.length];
    scene.owner.connections.receive(sessionId, plain('rd'), 0);
    scene.settle();
    expect([scene.up.length, scene.responses.length]).toEqual(before);
    expect(scene.ended).toEqual([]);
  });

  it('goes on over the next connection, and closes the one before', () => {
    const scene = new OscoreScene({ rederive });
    const first = scene.connect(ONLY);
    scene.send();
    const second = scene.connect(ONLY);
    scene.send();
    expect(scene.responses).toEqual(['2.01', '2.01']);
    expect(scene.ended).toEqual([first]);
    expect(scene.of('session-closed')).toMatchObject([{ sessionId: first, reason: 'the device came another way' }]);
    scene.perform();
    expect(scene.of('session-opened').at(-1)?.session.sessionId).toBe(second);
    expect(scene.asked).toEqual(['3/0/0']);
  });

  it('goes on over datagrams, and back', () => {
    const scene = new OscoreScene({ rederive });
    const first = scene.connect(ONLY);
    scene.send();
    scene.connection = undefined;
    scene.send();
    expect(scene.ended).toEqual([first]);
    scene.perform();
    scene.connect(ALL);
    scene.send();
    scene.perform();
    expect(scene.responses).toEqual(['2.01', '2.01', '2.01']);
    expect(scene.of('session-opened').map(({ session }) => session.transport)).toEqual([
      'coap+tcp',
      'coap',
      'coap+tcp',
    ]);
    expect(scene.of('outcome')).toHaveLength(2);
    expect(scene.owner.sizes().sessions).toBe(1);
  });

  it('ends with its connection, and with its credential', () => {
    const scene = new OscoreScene({ rederive });
    const first = scene.connect(ONLY);
    scene.send();
    scene.owner.connections.close(first, 'the connection was closed', 0);
    expect(scene.owner.sizes().sessions).toBe(0);
    const second = scene.connect(ONLY);
    scene.send();
    expect(scene.responses).toEqual(['2.01', '2.01']);
    scene.owner.handle({ kind: 'close-identity', identity: 'oscore:0a' }, 0);
    expect(scene.of('session-closed').map(({ sessionId }) => sessionId)).toEqual([first, second]);
  });
});

describe('a connection on a socket for OSCORE alone', () => {
  it('SE-8: what is not protected is not heard', () => {
    const scene = new OscoreScene();
    const sessionId = scene.connect(ONLY);
    scene.owner.connections.receive(sessionId, plain('rd'), 0);
    expect([scene.up, scene.sent]).toEqual([[], []]);
  });

  it('OS-3: unknown ids get 4.01 in clear, and are told of', () => {
    const scene = new OscoreScene();
    scene.found = undefined;
    scene.connect(ONLY);
    scene.send();
    expect(scene.of('refused')).toMatchObject([{ check: 'unknown-identity', identity: 'oscore:0a' }]);
    expect(scene.wentTo).toHaveLength(1);
  });

  it('is of one device', () => {
    const scene = new OscoreScene();
    scene.owner.connections.receive(
      scene.connect(ALL),
      frameOf(
        encodeMessage({
          ...{ type: 1, code: Code.Post, messageId: 0, token: Uint8Array.of(9) },
          ...{ options: [...path('rd'), ...['ep=plain', 'lwm2m=1.1', 'lt=300', 'b=T'].map(query)], payload: LINKS },
        }),
      ),
      0,
    );
    scene.settle();
    expect(scene.of('register')).toHaveLength(1);
    scene.send();
    expect(scene.of('register')).toHaveLength(1);
    expect(scene.of('refused')).toMatchObject([{ check: 'unknown-identity' }]);
  });
});
