import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ModelDetail, ModelInfo } from '@reeve/contract';
import { afterAll, describe, expect, it } from 'vitest';
import { NOW, problem, run } from '../testing.ts';

const folder = mkdtempSync(join(tmpdir(), 'reeve-model-'));
afterAll(() => rmSync(folder, { recursive: true }));
for (const name of ['b.xml', 'a.XML', 'readme.txt']) writeFileSync(join(folder, name), `<${name}/>`);
mkdirSync(join(folder, 'empty'));

const pump: ModelInfo = {
  objectId: 32_770,
  version: '1.1',
  name: 'Pump',
  urn: 'urn:oma:lwm2m:x:32770:1.1',
  multiple: true,
  mandatory: false,
  resourceCount: 2,
  source: 'added',
  addedAt: NOW - 60_000,
};
const location: ModelInfo = { ...pump, objectId: 6, name: 'Location', source: 'shipped' };

describe('model', () => {
  it('ls lists objects, or only those that were added', async () => {
    const answers = { 'models.list': { items: [location, pump] } };
    expect((await run(['model', 'ls'], answers)).out).toMatch(/Location.*\n.*Pump/);
    expect((await run(['model', 'ls', '--added'], answers)).out).not.toMatch(/Location/);
  });

  it('show shows names, ranges, units and what values mean', async () => {
    const detail: ModelDetail = {
      ...pump,
      versions: ['1.0', '1.1'],
      devices: 1,
      resources: [
        {
          resourceId: 0,
          name: 'Pressure',
          operations: 'R',
          multiple: false,
          mandatory: true,
          type: 'float',
          range: { least: -1.5, largest: 10 },
          units: 'bar',
        },
        {
          resourceId: 1,
          name: 'State',
          operations: 'none',
          multiple: true,
          type: 'integer',
          values: [{ value: 0, name: 'off' }],
        },
      ],
    };
    const { out, calls } = await run(['model', 'show', '32770/1.1'], { 'models.show': detail });
    expect(calls[0]?.args).toMatchObject({ params: { object: '32770' }, query: { version: '1.1' } });
    expect(out).toMatch(/1 registered device\n/);
    expect(out).toMatch(/0 +Pressure +R +float +yes +-1.5..10 +bar/);
    expect(out).toMatch(/1 +State +bootstrap +integer +several +.*0 off/);
  });

  it('add takes files and folders, and goes on after one that is refused', async () => {
    const refusal = problem(422, 'invalid-model', 'x', [{ at: 'line 7', message: 'resource 0 has no <Type>' }]);
    const add = ({ body }: { body: { xml: string } }) => {
      if (body.xml.includes('b.xml')) throw refusal;
      return { items: [pump] };
    };
    const { code, out, err, calls } = await run(['model', 'add', folder, join(folder, 'a.XML')], { 'models.add': add });
    expect(calls.map(({ args }) => args)).toMatchObject(
      ['a.XML', 'b.xml', 'a.XML'].map((name) => ({ body: { xml: `<${name}/>` } })),
    );
    expect(out).toMatch(/32770 +1.1 +Pump/);
    expect(err).toContain(`${join(folder, 'b.xml')}, line 7: resource 0 has no <Type>`);
    expect(err).toContain('Refused 1 of 3 documents.');
    expect(code).toBe(4);
  });

  it('add leaves out what comes with Reeve', async () => {
    const answers = { 'models.add': problem(409, 'wrong-state', 'Version 1.0 of object 6 comes with Reeve') };
    const { code, err } = await run(['model', 'add', join(folder, 'a.XML')], answers);
    expect([code, err]).toEqual([0, expect.stringContaining(`come with Reeve and stay as they are: ${folder}`)]);
  });

  it('rm needs a version', async () => {
    expect((await run(['model', 'rm', '32770'])).code).toBe(2);
    const { calls } = await run(['model', 'rm', '32770/1.1'], { 'models.remove': undefined });
    expect(calls[0]?.args).toMatchObject({ params: { object: '32770', version: '1.1' } });
  });

  it.each([
    ['model', 'add'],
    ['model', 'add', join(folder, 'nowhere')],
    ['model', 'show', 'Pump'],
    ['model', 'show', '3', '4'],
  ])('%s %s %s is not understood', async (...words) => {
    const { code, calls } = await run(words);
    expect([code, calls]).toEqual([2, []]);
  });
});
