import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { run } from '../testing.ts';
import { commandIn, detail } from '../testing-answers.ts';

const cost = { bytes: 95, datagrams: 1, answerBytes: 40, wakeUps: 0 };
const answers = { 'devices.show': detail, 'commands.cost': cost, 'commands.create': commandIn('answered', '') };
const folder = mkdtempSync(join(tmpdir(), 'reeve-'));
const file = join(folder, 'password');
writeFileSync(file, 'hunter2\n');
const binary = join(folder, 'binary');
writeFileSync(binary, Buffer.from('fffe4180', 'hex'));
afterAll(() => rmSync(folder, { recursive: true }));

const hidden = { value: 'hunter2', secret: true };
const write = ['device', 'write', 'truck-1', '/3/0/14'];
const create = ['device', 'create', 'truck-1', '/3'];

describe('values that must not stand on the command line', () => {
  it('are written from stdin', async () => {
    const { calls } = await run([...write, '-', '--secret'], answers, { input: 'hunter2\n' });
    const operation = { kind: 'write', path: '/3/0/14', values: [{ path: '/3/0/14', ...hidden }] };
    expect(calls.at(-1)?.args).toMatchObject({ body: { operation } });
  });

  it('are written from files, with others', async () => {
    const { calls } = await run([...write, 'x', '--also-file', `/3/0/15=${file}`, '--secret'], answers);
    const values = [
      { path: '/3/0/14', value: 'x', secret: true },
      { path: '/3/0/15', ...hidden },
    ];
    const operation = { kind: 'write-composite', values };
    expect(calls.find(({ name }) => name === 'commands.create')?.args).toMatchObject({ body: { operation } });
  });

  it('are written in the order in which they are named', async () => {
    const { calls } = await run([...write, '-', '--also', '/3/0/15=x'], answers, { input: 'hunter2\n' });
    const values = [
      { path: '/3/0/14', value: 'hunter2' },
      { path: '/3/0/15', value: 'x' },
    ];
    const operation = { kind: 'write-composite', values };
    expect(calls.find(({ name }) => name === 'commands.create')?.args).toMatchObject({ body: { operation } });
  });

  it.each(['007123', '1e5', 'true'])('are the text that they are where no definition says what: %s', async (text) => {
    const words = ['device', 'write', 'truck-1', '/9999/0/1'];
    for (const [value, more, input] of [
      ['-', [], text],
      [text, ['--secret'], ''],
    ] as const) {
      const { calls } = await run([...words, value, ...more], answers, { input });
      expect(calls.at(-1)?.args).toMatchObject({ body: { operation: { values: [{ value: text }] } } });
    }
  });

  it('are what an instance begins with', async () => {
    const words = ['--set-file', `14=${file}`, '--set-file', '15=-', '--secret'];
    const { calls } = await run([...create, ...words], answers, { input: 'CET\n' });
    const values = [
      { path: '/14', ...hidden },
      { path: '/15', value: 'CET', secret: true },
    ];
    expect(calls.at(-1)?.args).toMatchObject({ body: { operation: { kind: 'create', values } } });
  });

  it('are not told if they do not fit', async () => {
    const { code, err } = await run([...write, '--type', 'integer', '-'], answers, { input: 'hunter2\n' });
    expect(code).toBe(2);
    expect(err).toContain('What was given is no integer value');
    expect(err).not.toContain('hunter2');
  });

  it.each([
    [[...write, '-', '--also-file', '/3/0/15=-'], 'Only one value can be read from stdin'],
    [[...write, 'x', '--also-file', `/3/0/15=${folder}/none`], 'Cannot read'],
    [[...create, '--set-file', `x=${file}`], 'RESOURCE=VALUE'],
    [[...write, '-'], 'stdin is empty'],
    [[...write, 'x', '--also-file', `/3/0/15=${binary}`], 'is no text in UTF-8'],
  ])('are not read by %j', async (words, text) => {
    const { code, err } = await run(words, answers);
    expect(code).toBe(2);
    expect(err).toContain(text);
  });
});
