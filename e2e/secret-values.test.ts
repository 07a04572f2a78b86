import { randomUUID } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type CommandCreate, createApi, downloads, routes, streams } from '@reeve/contract';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../packages/cli/src/cli.ts';
import { fakeTerminal } from '../packages/cli/src/testing.ts';
import { TestServer, until } from './harness.ts';
import { ScriptedDevice } from './scripted-device.ts';
import { udpWire } from './wires.ts';

const ENDPOINT = 'safe-1';
const params = { device: ENDPOINT };

/** Every secret here begins so, as text and as the bytes of an opaque resource. */
const MARK = 'hunter2';
const MARKS = [MARK, Buffer.from(MARK).toString('base64').slice(0, 9), Buffer.from(MARK).toString('hex')];
/** What is no secret beside it: what is searched for secrets has this. */
const PLAIN = 'Plainly/Readable';

const safe = `<LWM2M><Object ObjectType="MODefinition">
  <Name>Safe</Name><ObjectID>32771</ObjectID><MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory>
  <Resources>${[0, 1]
    .map(
      (id) => `<Item ID="${id}"><Name>Password ${id}</Name><Operations>W</Operations>
        <MultipleInstances>Single</MultipleInstances><Mandatory>Optional</Mandatory><Type>String</Type></Item>`,
    )
    .join('')}</Resources>
</Object></LWM2M>`;

describe('what is written and must not be read', { timeout: 120_000 }, () => {
  let server: TestServer;
  /** What the event streams and the trace said. */
  let streamed = '';
  /** What the command line said. */
  let said = '';
  const following = new AbortController();

  const reeve = async (words: readonly string[], input = '') => {
    const { terminal, out, err } = fakeTerminal({ input });
    const code = await runCli([...words, '--server', server.ready.url], terminal, { api: server.api });
    said += `${[...out, ...err].join('\n')}\n`;
    return code;
  };
  const get = async (path: string) => {
    const response = await fetch(`${server.ready.url}/api/v1${path}`, { headers: server.authorization });
    return response.text();
  };
  const follow = async (path: string) => {
    const { authorization: headers, ready } = server;
    const response = await fetch(`${ready.url}/api/v1${path}`, { headers, signal: following.signal });
    const read = async () => {
      const decoder = new TextDecoder();
      for await (const piece of response.body ?? []) streamed += decoder.decode(piece, { stream: true });
    };
    read().catch(() => {});
  };
  const commands = async () => (await server.api('commands.list', { query: {} })).items;

  beforeAll(async () => {
    server = await TestServer.start({ noSec: true });
    await server.api('models.add', { body: { xml: safe } });
  }, 60_000);
  afterAll(async () => {
    following.abort();
    await server?.close();
  });

  /** Everything that is stored, answered and said. */
  const everything = async () => {
    const [first] = await commands();
    const found = new Map<string, string>();
    const folder = join(server.folder, 'data');
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) found.set(entry.name, readFileSync(join(entry.parentPath, entry.name), 'latin1'));
    }
    for (const [name, { method, path }] of Object.entries(routes)) {
      if (method !== 'GET') continue;
      const at = path
        .replace(':device', ENDPOINT)
        .replace(':id', first?.commandId ?? '')
        .replace(':name', 'default');
      found.set(name, await get(at));
    }
    const headers = server.authorization;
    const backup = await fetch(`${server.ready.url}/api/v1${downloads.backup.path}`, { method: 'POST', headers });
    found.set('backup', Buffer.from(await backup.arrayBuffer()).toString('latin1'));
    for (const json of [[], ['--json']]) {
      await reeve(['command', 'ls', ...json]);
      for (const { commandId } of await commands()) await reeve(['command', 'show', commandId, ...json]);
      await reeve(['device', 'show', ENDPOINT, ...json]);
      await reeve(['device', 'timeline', ENDPOINT, ...json]);
      await reeve(['bootstrap', 'template', 'show', 'default', ...json]);
    }
    return found.set('the command line', said).set('the streams', streamed).set('the log', server.errors);
  };
  const expectHidden = async () => {
    const found = await everything();
    const telling = [...found].filter(([, text]) => MARKS.some((mark) => text.includes(mark)));
    expect(telling.map(([name]) => name)).toEqual([]);
    for (const name of ['the command line', 'commands.list', 'commands.show', 'devices.timeline', 'backup']) {
      expect([name, found.get(name)]).toEqual([name, expect.stringMatching(/\(hidden\)|"secret":true/)]);
    }
    const stored = [...found].filter(([name]) => name.startsWith('reeve.db'));
    expect(stored.some(([, text]) => text.includes(PLAIN))).toBe(true);
    for (const name of ['backup', 'commands.list', 'the command line']) {
      expect([name, found.get(name)?.includes(PLAIN)]).toEqual([name, true]);
    }
  };

  it('is told nowhere: while it waits, over a crash, after it was delivered, and when it was not', async () => {
    const resources = [{ path: '/5/0/0', value: Buffer.from(`${MARK} for bootstrap`).toString('base64') }];
    const values = [{ path: '/32772/0/0', value: `${MARK} of the group {label.pin}`, secret: true as const }];
    const template = { accounts: [{ shortServerId: 1 }], resources, values };
    await server.api('bootstrap.set-template', { params: { name: 'default' }, body: template });
    const own = [{ path: '/32771/0/0', value: `${MARK} of the device` }];
    await server.api('devices.add', {
      body: { endpoint: ENDPOINT, noSec: true, labels: { pin: '4711' }, values: own },
    });
    const write = ['device', 'write', ENDPOINT, '--wait', '0'];
    expect(await reeve([...write, '/3/0/15', PLAIN])).toBe(0);
    expect(await reeve([...write, '/32771/0/1', '-'], `${MARK} by its definition\n`)).toBe(0);
    expect(await reeve([...write, '/32772/0/1', '-', '--secret'], `${MARK} by the caller\n`)).toBe(0);
    const firmware = Buffer.from(`${MARK} in bytes`);
    expect(await reeve([...write, '/5/0/0', '-', '--type', 'opaque'], firmware.toString('hex'))).toBe(0);
    // What does not fit is not told either: by the command line, and by the server.
    expect(await reeve([...write, '/5/0/0', '-', '--type', 'opaque'], `${MARK} is no hex`)).toBe(2);
    expect(await reeve([...write, '/5/0/0', '-'], `${MARK} is no base64`)).toBe(4);
    const path = '/32771/0/1';
    const body = (value: string): CommandCreate => ({
      operation: { kind: 'write', mode: 'replace', path, values: [{ path, value }] },
    });
    const again = { 'idempotency-key': randomUUID() };
    const queue = (value: string) => {
      const api = createApi(server.ready.url, { ...server.authorization, ...again });
      return api('commands.create', { params, query: {}, body: body(value) });
    };
    const dropped = await queue(`${MARK} in vain`);
    expect((await queue(`${MARK} in vain`)).commandId).toBe(dropped.commandId);
    await expect(queue(`${MARK} again`)).rejects.toMatchObject({ problem: { code: 'wrong-state' } });
    await expectHidden();

    await server.kill();
    await server.restart();
    await expectHidden();
    await expect(queue(`${MARK} again`)).rejects.toMatchObject({ problem: { code: 'wrong-state' } });
    await reeve(['command', 'cancel', dropped.commandId]);

    await follow(streams.events.path);
    await follow(streams.trace.path.replace(':device', ENDPOINT));
    await using device = new ScriptedDevice(ENDPOINT, await udpWire(server.ready.coapPort), {});
    await device.register('U', '</1/0>,</3/0>,</5/0>,</32771/0>,</32772/0>');
    await until('the commands to end', async () => {
      const states = (await commands()).map(({ state }) => state).sort();
      return states.length === 7 && states.every((state) => state === 'answered' || state === 'cancelled');
    });
    const wanted = ['by its definition', 'by the caller', 'in bytes', 'of the device', 'of the group 4711'];
    expect(device.written).toHaveLength(6);
    expect(wanted.filter((text) => !device.written.some((each) => each.endsWith(`${MARK} ${text}`)))).toEqual([]);
    await until('the streams to tell of it', async () => {
      return streamed.includes('event: trace') && streamed.includes('"command.finished"');
    });
    await expectHidden();
    expect((await queue(`${MARK} in vain`)).commandId).toBe(dropped.commandId);
  });
});
