import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parse } from './cli.ts';
import { commands } from './commands/index.ts';
import { exitCodes } from './exit-codes.ts';
import { globals } from './globals.ts';
import { optionText, usageLine } from './help.ts';
import { problem, run } from './testing.ts';

const commandNamed = (name: string) => {
  const found = commands.find((each) => each.name === name);
  if (!found) throw new Error(`no command ${name}`);
  return found;
};

describe('the command line', () => {
  it('takes options before, between and after the words', () => {
    const add = commandNamed('device add');
    const given = { endpoint: ['x'], label: ['a=1', 'b=2'], nosec: [''] };
    expect(parse(add, ['--label', 'a=1', 'x', '--nosec', '--label=b=2'])).toEqual(given);
  });

  it('takes words that begin with a dash after --', () => {
    expect(parse(commandNamed('device write'), ['d', '/3/0/9', '--', '-5'])).toMatchObject({ value: ['-5'] });
  });

  it.each([
    [['device', 'shw', 'x'], 'Did you mean reeve device show?'],
    [['devic', 'ls'], 'Did you mean reeve device?'],
    [['device'], 'needs a verb: add, set, key'],
    [['xyzzy'], 'See reeve --help'],
    [['device', 'ls', '--serch', 'x'], 'Did you mean --search?'],
    [['device', 'ls', '--search'], '--search needs TEXT'],
    [['device', 'ls', '--json=yes'], '--json takes no value'],
    [['device', 'ls', 'surplus'], '"surplus" is one word too many'],
    [['device', 'show'], 'DEVICE is missing'],
    [['device', 'show', ''], 'DEVICE is missing'],
    [['device', 'ls', '--limit', '0'], 'a whole number from 1 to 500'],
    [['device', 'ls', '--limit', '1e2'], 'a whole number from 1 to 500'],
    [['incident', 'ls', '--state', 'opn'], '"opn" is none of open, cleared, closed'],
    [['device', 'add', 'x', '--label', 'nothing'], 'A label is KEY=VALUE'],
    [['device', 'ls', '--__proto__', 'x'], 'There is no option --__proto__'],
    [['device', 'set', 'x'], 'Nothing to change'],
  ])('%j is answered with exit code 2 and a hint', async (words, text) => {
    const { code, err, out } = await run(words);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(err).toContain(text);
  });

  it('shows help without a server', async () => {
    expect((await run([])).out).toContain('device add');
    expect((await run(['device', '--help'])).out).toContain('reeve device read DEVICE PATH');
    expect((await run(['device', 'read', '--help'])).out).toContain('--wait SECONDS');
  });
});

describe('exit codes', () => {
  it.each([
    [problem(404, 'no-such-device', 'No device "x"'), 3, 'No device "x"'],
    [problem(409, 'wrong-state', 'not now'), 4, 'not now'],
    [problem(429, 'too-many', 'too many'), 4, 'too many'],
    [problem(401, 'not-signed-in', ''), 6, 'does not accept the token'],
    [problem(403, 'insufficient-scope', 'This needs the scope admin'), 6, 'needs the scope admin'],
    [problem(503, 'store-full', 'Nothing was changed'), 1, 'Nothing was changed'],
    [problem(502, 'http', 'The server answered 502'), 5, 'is that a Reeve server?'],
    [new TypeError('a fault of ours'), 1, 'a fault of ours'],
  ])('%s is %i', async (error, exit, text) => {
    const { code, err } = await run(['device', 'show', 'x'], { 'devices.show': error });
    expect(code).toBe(exit);
    expect(err).toContain(text);
    expect(err).not.toMatch(/\n\s+at /);
  });

  it('lists every place of a request that does not fit', async () => {
    const places = [
      { at: 'body/a', message: 'is wrong' },
      { at: 'body/b', message: 'is wrong too' },
    ];
    const error = problem(400, 'invalid-request', 'body/a is wrong', places);
    const { code, err } = await run(['device', 'show', 'x'], { 'devices.show': error });
    expect(code).toBe(4);
    expect(err).toContain('body/b: is wrong too');
  });
});

describe('docs/cli.md', () => {
  const docs = readFileSync(new URL('../../../docs/cli.md', import.meta.url), 'utf8');

  it('has the exit codes of the table, and no others', () => {
    const rows = [...docs.matchAll(/^\| (\d+) \| (\S+) \| (.+) \|$/gm)].map(([, code, name, meaning]) => [
      name,
      { code: Number(code), meaning },
    ]);
    expect(Object.fromEntries(rows)).toEqual(exitCodes);
  });

  it('tells of every command and option', () => {
    const missing = commands.flatMap((command) => [
      ...[`\`${usageLine(command)}\``].filter((line) => !docs.includes(line)),
      ...Object.entries(command.options)
        .map(([name, spec]) => `\`${optionText(name, spec)}\``.replaceAll('|', '\\|'))
        .filter((option) => !docs.includes(option)),
    ]);
    const shared = Object.entries(globals).map(([name, spec]) => `\`${optionText(name, spec)}\``);
    expect([...missing, ...shared.filter((option) => !docs.includes(option))]).toEqual([]);
  });

  it('tells of no command that is not there', () => {
    const told = [...docs.matchAll(/^\| `(reeve [^`]+)`/gm)].map(([, line]) => line);
    expect(told.filter((line) => !commands.some((command) => usageLine(command) === line))).toEqual([]);
  });
});
