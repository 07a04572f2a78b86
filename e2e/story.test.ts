import { afterEach, describe, expect, it } from 'vitest';
import { leshanAvailable } from '../peers/leshan/driver.ts';
import { TestServer } from './harness.ts';
import { KILL_POINTS, type KillPoint } from './kill-points.ts';
import { Story } from './story.ts';

/** Half of the points with the link in the main thread, half with it in a worker. */
const MODES = [
  { link: 'main', points: KILL_POINTS.slice(0, 10) },
  { link: 'worker', points: KILL_POINTS.slice(10) },
] as const;

describe.skipIf(!leshanAvailable())('A device that nobody here wrote, under policy', () => {
  const open: { close(): unknown }[] = [];
  afterEach(async () => {
    for (const one of open.splice(0).reverse()) await one.close();
  });

  const begin = async (link: 'main' | 'worker', kill?: KillPoint, defaultTimers = false) => {
    const server = await TestServer.start({ link });
    open.push(server);
    if (kill) {
      await server.kill();
      await server.restart(kill);
    }
    let deaths = 0;
    const heal = async () => {
      if (server.alive) return;
      deaths += 1;
      await server.restart();
    };
    const story = await Story.begin(server, { heal, defaultTimers });
    open.push({ close: () => story.end() });
    return { server, story, deaths: () => deaths };
  };

  const expectOneOfEach = async (story: Story) => {
    const incidents = await story.incidents();
    expect(incidents).toHaveLength(1);
    const [incident] = incidents;
    expect(incident).toMatchObject({ policyId: 'only-california', ruleId: 'state', state: 'cleared' });
    expect(incident?.responses).toHaveLength(1);
    expect(incident?.responses[0]?.state).toBe('released');
    const { lock, executes } = await story.device.state();
    expect(lock).toBe(0);
    expect(Object.values(executes).every((count) => count <= 1)).toBe(true);
    expect(story.receiver.notices.filter(({ type }) => type === 'incident.opened').length).toBeGreaterThan(0);
    expect(
      new Set(story.receiver.notices.filter(({ type }) => type === 'incident.opened').map(({ id }) => id)).size,
    ).toBe(1);
  };

  for (const { link, points } of MODES) {
    it(`leaves California, is locked, comes back and is unlocked (link: ${link})`, async () => {
      const { story } = await begin(link);
      await story.play();
      await expectOneOfEach(story);
      const [incident] = await story.incidents();
      expect(incident?.rule).toContain('California');
      const steps = incident?.responses[0]?.steps.map(({ text }) => text).join('\n') ?? '';
      expect(steps).toMatch(
        /reads the lock state, to remember it[\s\S]*writes the lock state 2[\s\S]*result 2[\s\S]*as before/,
      );
      const { writes } = await story.device.state();
      expect(writes).toEqual({ '/8/0/0': 2 });
    });

    for (const point of points) {
      it(`ends the same after kill -9 at "${point}" (link: ${link})`, async () => {
        const { story, deaths } = await begin(link, point);
        await story.play();
        expect(deaths()).toBe(1);
        await expectOneOfEach(story);
      });
    }
  }

  it("ends the same with Leshan's own timers", { timeout: 300_000 }, async () => {
    const { server, story } = await begin('main', undefined, true);
    await story.registered();
    await server.kill();
    await server.restart();
    await story.play();
    await expectOneOfEach(story);
  });
});
