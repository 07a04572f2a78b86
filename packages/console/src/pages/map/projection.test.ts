import { describe, expect, it } from 'vitest';
import { project, states, west } from './projection.ts';
import { fit, HEIGHT, WIDTH } from './view.ts';

describe('the projection', () => {
  it('puts places where they are to each other', () => {
    const truckee = project(39.328, -120.183);
    const reno = project(39.529, -119.813);
    const miami = project(25.76, -80.19);
    if (!truckee || !reno || !miami) throw new Error('these places are in the United States');
    expect(reno[0]).toBeGreaterThan(truckee[0]);
    expect(reno[1]).toBeLessThan(truckee[1]);
    expect(miami[0]).toBeGreaterThan(WIDTH * 0.7);
    expect(miami[1]).toBeGreaterThan(HEIGHT * 0.7);
  });

  it('has no place for what is abroad', () => {
    expect(project(51.5, -0.13)).toBeUndefined();
  });

  it('draws the fifty states and Washington', () => {
    const names = states.map(({ name }) => name);
    expect(names).toContain('California');
    expect(names).toContain('Hawaii');
    expect(names.length).toBeGreaterThanOrEqual(51);
    for (const { outline } of states) expect(outline).toMatch(/^M[\d.,LMZ-]+$/);
  });

  it('looks at the west closer than at the country', () => {
    expect(west).toHaveLength(4);
    expect(fit(west).scale).toBeGreaterThan(1.3);
  });
});
