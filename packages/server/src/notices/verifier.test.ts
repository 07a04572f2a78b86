import { createSecretKey } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { serverActor } from '../access/identity.ts';
import { openLocalBus } from '../bus/local/bus.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import { openSealer } from '../store/sealing.ts';
import { noticeTypes, TEST_TYPE } from './notice.ts';
import { Notices } from './notices.ts';
import { signedHeaders } from './signature.ts';
import { organisationId } from './test-notices.ts';

type Verifier = (secret: string, headers: IncomingHttpHeaders, rawBody: Buffer) => boolean;

const docs = readFileSync(new URL('../../../../docs/webhooks.md', import.meta.url), 'utf8');
let isGenuine: Verifier;
beforeAll(async () => {
  const [, code = ''] = /```js\n(.*?)```/s.exec(docs) ?? [];
  expect(code.trim().split('\n').length).toBeLessThanOrEqual(10);
  const folder = mkdtempSync(join(tmpdir(), 'reeve-verifier-'));
  const file = join(folder, 'verifier.mjs');
  writeFileSync(file, code);
  ({ isGenuine } = await import(/* @vite-ignore */ pathToFileURL(file).href));
});

describe("the docs' verifier", () => {
  const secret = 'reeve_hook_secret';
  const body = '{"text":"Zürich \uFFFD"}';
  const signed = (age = 0) =>
    signedHeaders(createSecretKey(Buffer.from(secret)), Math.floor(Date.now() / 1000) - age, 'dlv-1', body);

  it('accepts what was signed with the secret', () => {
    expect(isGenuine(secret, signed(), Buffer.from(body))).toBe(true);
    expect(isGenuine(secret, signed(290), Buffer.from(body))).toBe(true);
  });

  it('refuses every changed byte of body, id, timestamp and signature', () => {
    const raw = Buffer.from(body);
    for (let index = 0; index < raw.length; index++) {
      const changed = Buffer.from(raw);
      changed.writeUInt8(raw.readUInt8(index) ^ 1, index);
      expect(isGenuine(secret, signed(), changed)).toBe(false);
    }
    expect(isGenuine(secret, signed(), raw.subarray(1))).toBe(false);
    for (const [name, value] of Object.entries(signed())) {
      for (let index = 0; index < value.length; index++) {
        const other = String.fromCharCode(value.charCodeAt(index) ^ 1);
        const headers = { ...signed(), [name]: value.slice(0, index) + other + value.slice(index + 1) };
        expect(isGenuine(secret, headers, raw)).toBe(false);
      }
      expect(isGenuine(secret, { ...signed(), [name]: undefined }, raw)).toBe(false);
    }
  });

  it('refuses bytes that only decode to the same text', () => {
    const raw = Buffer.from(body);
    const at = raw.indexOf(Buffer.from('\uFFFD'));
    const changed = Buffer.concat([raw.subarray(0, at), Buffer.from([0xff]), raw.subarray(at + 3)]);
    expect(changed.toString()).toBe(body);
    expect(isGenuine(secret, signed(), changed)).toBe(false);
  });

  it('refuses another secret, an old timestamp and one of the future', () => {
    expect(isGenuine('reeve_hook_other', signed(), Buffer.from(body))).toBe(false);
    expect(isGenuine(secret, signed(310), Buffer.from(body))).toBe(false);
    expect(isGenuine(secret, signed(-310), Buffer.from(body))).toBe(false);
  });

  it('accepts a notice that came over a socket', async () => {
    let secretOfHook = '';
    const arrived = Promise.withResolvers<{ genuine: boolean; body: { type: string } }>();
    const receiver = createServer((request, response) => {
      const parts: Buffer[] = [];
      request.on('data', (part: Buffer) => parts.push(part));
      request.on('end', () => {
        const raw = Buffer.concat(parts);
        response.end();
        const genuine = isGenuine(secretOfHook, request.headers, raw);
        arrived.resolve({ genuine, body: JSON.parse(raw.toString()) });
      });
    });
    await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
    const address = receiver.address();
    const port = typeof address === 'object' && address ? address.port : 0;

    const store = openMemoryStore();
    const bus = openLocalBus(store);
    const notices = await Notices.open({
      store,
      bus,
      sealer: await openSealer({ keyFile: join(mkdtempSync(join(tmpdir(), 'reeve-notices-')), 'key') }),
      now: Date.now,
      random: Math.random,
      warn: () => {},
      fetch,
      after: (ms, run) => {
        const timer = setTimeout(run, ms);
        return () => clearTimeout(timer);
      },
      describe: () => 'The disk is full: Zürich',
    });
    const { secret } = await notices.handlers()['webhooks.add']({
      body: { url: `http://127.0.0.1:${port}/` },
      params: undefined,
      query: undefined,
      actor: serverActor,
      organisationId,
      session: { set() {}, clear() {} },
      signal: AbortSignal.any([]),
    });
    secretOfHook = secret;
    const alarm = { type: 'store.alarm', payload: { reason: 'full' } } as const;
    await store.commit({ journal: [{ ...alarm, at: Date.now(), organisationId, actor: serverActor }] });
    expect(await arrived.promise).toMatchObject({ genuine: true, body: { type: 'store.alarm' } });
    await notices.stop();
    await bus.close();
    receiver.closeAllConnections();
    receiver.close();
  });
});

describe('docs/webhooks.md', () => {
  it('lists every type of notice, and no other', () => {
    const listed = [...docs.matchAll(/^\| `([a-z.-]+)` \|/gm)].map(([, type]) => type);
    expect(listed).toEqual([...noticeTypes, TEST_TYPE]);
  });
});
