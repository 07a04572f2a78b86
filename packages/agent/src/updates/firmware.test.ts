import {
  block1,
  block1Option,
  block2,
  block2Option,
  type CoapMessage,
  Code,
  formatCode,
  Option,
  option,
  type ResponseSpec,
} from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { URI, World } from '../testing.ts';
import { type FirmwareMemory, type FirmwareOptions, FirmwareUpdate } from './firmware.ts';
import { MemorySink } from './testing.ts';

const IMAGE = Uint8Array.from({ length: 5000 }, (_, i) => (i * 31) % 251);
const segments = (path: string) =>
  path
    .split('/')
    .slice(1)
    .map((part) => option(Option.UriPath, part));

function device(options: Partial<FirmwareOptions> = {}) {
  const sink = new MemorySink();
  const saved: FirmwareMemory[] = [];
  const firmware = new FirmwareUpdate({
    sink,
    save: (memory) => saved.push(memory),
    install: () => 'started',
    ...options,
  });
  const world = new World({ client: { updates: [firmware] } }).register();
  const ask = (
    code: number,
    path: string,
    payload = new Uint8Array(0),
    extra: readonly ReturnType<typeof option>[] = [],
  ) => world.ask({ code, options: [...segments(path), ...extra], payload, inParts: true });
  const part = (num: number, { more = (num + 1) * 1024 < IMAGE.length, tag = 7 } = {}) =>
    ask(Code.Put, '/5/0/0', IMAGE.subarray(num * 1024, (num + 1) * 1024), [
      option(Option.ContentFormat, 42),
      block1Option({ num, more, szx: 6 }),
      option(Option.RequestTag, Uint8Array.of(tag)),
    ]);
  const text = (value: string) => ask(Code.Put, '/5/0/1', Buffer.from(value), [option(Option.ContentFormat, 0)]);
  const now = () => [firmware.memory.state, firmware.memory.result];
  return { world, firmware, sink, saved, ask, part, text, now };
}

const code = (message: CoapMessage) => formatCode(message.code);

describe('a package that a server brings (FW-4)', () => {
  it('goes to the sink part by part, and is downloaded once it is good', () => {
    const { part, sink, now } = device();
    for (let num = 0; num < 4; num++) {
      const answer = part(num);
      expect([code(answer), block1(answer)?.num, now()]).toEqual(['2.31', num, [1, 0]]);
      expect(sink.length()).toBe((num + 1) * 1024);
    }
    expect([code(part(4)), now()]).toEqual(['2.04', [2, 0]]);
    expect(Buffer.compare(sink.bytes, IMAGE)).toBe(0);
  });

  it('takes a part once that comes twice, and asks for one that is missing by 4.08', () => {
    const { part, sink } = device();
    part(0);
    part(1);
    expect([code(part(1)), sink.length()]).toEqual(['2.31', 2048]);
    expect([code(part(3)), sink.length()]).toEqual(['4.08', 2048]);
    expect([code(part(2)), sink.length()]).toEqual(['2.31', 3072]);
  });

  it('BL-3: begins anew with number 0, and never joins parts with different tags', () => {
    const { part, sink } = device();
    part(0);
    expect(code(part(1, { tag: 8 }))).toBe('4.08');
    expect([code(part(0, { tag: 8 })), sink.length()]).toEqual(['2.31', 1024]);
    expect([code(part(1, { tag: 8 })), sink.length()]).toEqual(['2.31', 2048]);
  });

  it('goes on where it was after a restart of the device', () => {
    const first = device();
    for (let num = 0; num < 3; num++) first.part(num);
    const memory = first.saved.at(-1);
    const again = device({ sink: first.sink, ...(memory && { memory }) });
    expect(again.now()).toEqual([1, 0]);
    for (let num = 3; num < 5; num++) again.part(num);
    expect([Buffer.compare(first.sink.bytes, IMAGE), again.now()]).toEqual([0, [2, 0]]);
  });

  it('is refused while the device updates', () => {
    const { part, ask } = device();
    for (let num = 0; num < 5; num++) part(num);
    expect(code(ask(Code.Post, '/5/0/2'))).toBe('2.04');
    expect([code(part(0)), code(ask(Code.Post, '/5/0/2'))]).toEqual(['4.00', '4.05']);
  });

  it.each([
    ['begin', 'no-storage', 2],
    ['append', 'out-of-memory', 3],
    ['verify', 'integrity', 5],
    ['verify', 'package-type', 6],
  ] as const)('FW-2: a fault at %s, %s, is answered like success and tells result %i', (at, fault, result) => {
    const { part, sink, now } = device();
    sink.faults = { [at]: fault };
    const answers = [0, 1, 2, 3, 4].map((num) => code(part(num)));
    expect(now()).toEqual([0, result]);
    expect(answers[at === 'verify' ? 4 : 0]).toBe(at === 'verify' ? '2.04' : '2.31');
  });
});

describe('what a server does about a package', () => {
  it.each([
    ['an empty URI', (all: ReturnType<typeof device>) => all.text('')],
    [
      'a package of one NUL',
      (all: ReturnType<typeof device>) =>
        all.ask(Code.Put, '/5/0/0', Uint8Array.of(0), [option(Option.ContentFormat, 42)]),
    ],
    [
      'an empty package',
      (all: ReturnType<typeof device>) => all.ask(Code.Put, '/5/0/0', undefined, [option(Option.ContentFormat, 42)]),
    ],
  ] as const)('P39: %s takes it back, downloaded or not', (_, reset) => {
    const all = device();
    for (const last of [2, 5]) {
      for (let num = 0; num < last; num++) all.part(num);
      expect([code(reset(all)), all.now()]).toEqual(['2.04', [0, 0]]);
    }
  });

  it('cancels it, with result 10', () => {
    const { ask, part, now } = device();
    expect(code(ask(Code.Post, '/5/0/10'))).toBe('4.05');
    part(0);
    expect([code(ask(Code.Post, '/5/0/10')), now()]).toEqual(['2.04', [0, 10]]);
  });

  it('P39: installs it: updated, failed with the package still there, or not good after all', () => {
    const { ask, part, now, firmware } = device();
    const install = () => {
      for (let num = 0; num < 5; num++) part(num);
      expect([code(ask(Code.Post, '/5/0/2')), now()]).toEqual(['2.04', [3, 0]]);
    };
    install();
    firmware.installed('failed');
    expect(now()).toEqual([2, 8]);
    ask(Code.Post, '/5/0/2');
    firmware.installed('integrity');
    expect(now()).toEqual([0, 5]);
    install();
    firmware.installed('updated');
    expect(now()).toEqual([0, 1]);
  });

  it('is put off by the device, with result 11', () => {
    const { ask, part, now } = device({ install: () => 'deferred' });
    for (let num = 0; num < 5; num++) part(num);
    expect([code(ask(Code.Post, '/5/0/2')), now()]).toEqual(['2.04', [2, 11]]);
  });
});

describe('a package that the device fetches', () => {
  /** Serves the image by parts, as long as it is asked for them. */
  const serve = (all: ReturnType<typeof device>, image = IMAGE, until = Infinity, tag = 1) => {
    const asked: number[] = [];
    all.world.server.respondTo = (message): ResponseSpec | undefined => {
      const wanted = block2(message);
      if (message.code !== Code.Get || wanted === undefined || asked.length >= until) return undefined;
      asked.push(wanted.num);
      const bytes = image.subarray(wanted.num * 1024, (wanted.num + 1) * 1024);
      const block = block2Option({ num: wanted.num, more: (wanted.num + 1) * 1024 < image.length, szx: 6 });
      return { code: Code.Content, options: [option(Option.ETag, Uint8Array.of(tag)), block], payload: bytes };
    };
    return asked;
  };

  it('from the server itself comes part by part over the same link', () => {
    const all = device();
    const asked = serve(all);
    expect([code(all.text(`${URI}/artifacts/abc`)), all.now()]).toEqual(['2.04', [2, 0]]);
    expect(asked).toEqual([0, 1, 2, 3, 4]);
    expect(Buffer.compare(all.sink.bytes, IMAGE)).toBe(0);
  });

  it('goes on where it was after the server was away, and begins anew if it is another package', () => {
    const all = device();
    serve(all, IMAGE, 2);
    all.text(`${URI}/artifacts/abc`);
    expect([all.now(), all.sink.length()]).toEqual([[1, 0], 2048]);
    const later = serve(all);
    all.world.advance(400_000);
    expect([all.now(), later]).toEqual([
      [2, 0],
      [2, 3, 4],
    ]);
    const other = device();
    serve(other, IMAGE, 2);
    other.text(`${URI}/artifacts/abc`);
    const changed = serve(
      other,
      IMAGE.map((byte) => byte ^ 1),
      Infinity,
      2,
    );
    other.world.advance(400_000);
    expect([other.now(), changed]).toEqual([
      [2, 0],
      [2, 0, 1, 2, 3, 4],
    ]);
    expect(other.sink.bytes[0]).toBe((IMAGE[0] ?? 0) ^ 1);
  });

  it('ends with result 4 when the server stays away', () => {
    const all = device();
    serve(all, IMAGE, 2);
    all.text(`${URI}/artifacts/abc`);
    all.world.advance(3_600_000);
    expect(all.now()).toEqual([0, 4]);
  });

  it.each([
    ['not a URI', [0, 7]],
    ['http://elsewhere/x', [0, 9]],
    [`${URI}/gone`, [0, 7]],
  ] as const)('ends with its result for %s', (uri, expected) => {
    const all = device();
    all.world.server.respondTo = (message) => (message.code === Code.Get ? { code: Code.NotFound } : undefined);
    expect([code(all.text(uri)), all.now()]).toEqual(['2.04', expected]);
  });

  it('from elsewhere is fetched by the application, from behind what is here', () => {
    const all = device({ schemes: ['http'] });
    all.text('http://elsewhere/x');
    expect(all.world.told('fetch')).toMatchObject([{ uri: 'http://elsewhere/x', offset: 0, path: '/5/0' }]);
    all.firmware.intake.fetched(IMAGE.subarray(0, 4000), false);
    const memory = all.saved.at(-1);
    const again = device({ schemes: ['http'], sink: all.sink, ...(memory && { memory }) });
    expect(again.world.told('fetch')).toMatchObject([{ offset: 4000 }]);
    again.firmware.intake.fetched(IMAGE.subarray(4000), true);
    expect([again.now(), Buffer.compare(all.sink.bytes, IMAGE)]).toEqual([[2, 0], 0]);
  });
});
