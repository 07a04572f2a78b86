import { describe, expect, it } from 'vitest';
import { HOST, OscoreScene } from './test-oscore.ts';

const HOME = 40_000;
const ELSEWHERE = 40_777;

/** A device that is registered, and whose next messages seem to come from elsewhere. */
function moved(options: ConstructorParameters<typeof OscoreScene>[0] = {}) {
  const scene = new OscoreScene(options);
  scene.send();
  scene.port = ELSEWHERE;
  scene.wentTo.length = 0;
  const portsOf = (act: () => void) => {
    scene.wentTo.length = 0;
    act();
    return scene.wentTo.map(({ port }) => port);
  };
  return { scene, portsOf };
}

describe.each([false, true])('EC-1: an address of a device that uses OSCORE, deriving new keys: %s', (rederive) => {
  it('counts once the device has answered there', () => {
    const { scene, portsOf } = moved({ rederive });
    scene.send();
    expect(scene.asked).toEqual(['3/0/16']);
    expect(portsOf(() => scene.perform())).toEqual([ELSEWHERE]);
    expect(scene.asked).toEqual(['3/0/16', '3/0/0']);
    scene.send();
    expect(scene.of('register').at(-1)?.session.address).toBe(`${HOST}:${ELSEWHERE}`);
    // It is known there now, and is asked nothing more.
    expect(scene.asked).toEqual(['3/0/16', '3/0/0']);
  });

  it('does not count while nothing comes back: what the server sends goes to the one before', () => {
    const { scene, portsOf } = moved({ rederive });
    scene.hears = (port) => port !== ELSEWHERE;
    scene.send();
    scene.port = HOME;
    expect(portsOf(() => scene.perform())).toEqual([HOME]);
    expect(scene.asked).toEqual(['3/0/0']);
    expect(scene.of('register').at(-1)?.session.address).toBe(`${HOST}:${HOME}`);
  });

  it('gets one answer and one small question for each message that seems to come from there', () => {
    const { scene } = moved({ rederive });
    scene.hears = (port) => port !== ELSEWHERE;
    for (let i = 0; i < 3; i++) {
      scene.wentTo.length = 0;
      scene.send();
      expect(scene.wentTo.length).toBeLessThanOrEqual(2);
      expect(scene.wentTo.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(120);
      for (let n = 0; n < 3; n++) scene.perform();
      expect(scene.wentTo.filter(({ port }) => port === ELSEWHERE).length).toBeLessThanOrEqual(2);
    }
  });

  it('takes the place of nobody who is at that address', () => {
    const { scene, portsOf } = moved({ rederive });
    scene.hears = () => false;
    scene.send();
    scene.hears = () => true;
    scene.port = HOME;
    scene.send();
    expect(portsOf(() => scene.perform())).toEqual([HOME]);
  });
});

it('EC-1: what proves that a device is fresh proves it at one address', () => {
  const scene = new OscoreScene();
  // The question whether it is fresh reaches the device at home; its answer comes in from elsewhere.
  const home = scene.port;
  scene.hears = () => {
    scene.port = ELSEWHERE;
    return true;
  };
  scene.send();
  // It was asked again, and a client of CoAP repeats its request once.
  expect(scene.responses).toEqual(['4.01']);
  expect(scene.wentTo.map(({ port }) => port)).toEqual([home, ELSEWHERE]);
  expect(scene.of('session-opened')).toEqual([]);
  scene.send();
  expect(scene.responses).toEqual(['4.01', '2.01']);
  expect(scene.of('register')).toHaveLength(1);
  expect(scene.of('session-opened').map(({ session }) => session.address)).toEqual([`${HOST}:${ELSEWHERE}`]);
});
