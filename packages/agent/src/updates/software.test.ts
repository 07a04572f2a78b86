import { block1Option, type CoapMessage, Code, formatCode, Option, option } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { World } from '../testing.ts';
import type { PackageFault } from './fault.ts';
import { SoftwareUpdate } from './software.ts';
import { MemorySink } from './testing.ts';

const IMAGE = Uint8Array.from({ length: 3000 }, (_, i) => (i * 7) % 256);
const segments = (path: string) =>
  path
    .split('/')
    .slice(1)
    .map((part) => option(Option.UriPath, part));
const code = (message: CoapMessage) => formatCode(message.code);

function device() {
  const sink = new MemorySink();
  const done: string[] = [];
  const software = new SoftwareUpdate({
    ...{ id: 3, sink, describe: () => ({ name: 'flow', version: '1.0' }) },
    install: () => done.push('install'),
    uninstall: (forUpdate) => done.push(forUpdate ? 'uninstall for update' : 'uninstall'),
    activate: (active) => done.push(active ? 'activate' : 'deactivate'),
  });
  const world = new World({ client: { updates: [software] } }).register();
  const execute = (id: number, args = '') => {
    const spec = { code: Code.Post, options: segments(`/9/3/${id}`), payload: Buffer.from(args) };
    return code(
      world.ask(args === '' ? spec : { ...spec, options: [...spec.options, option(Option.ContentFormat, 0)] }),
    );
  };
  const part = (num: number) =>
    code(
      world.ask({
        code: Code.Put,
        options: [
          ...segments('/9/3/2'),
          option(Option.ContentFormat, 42),
          block1Option({ num, more: num < 2, szx: 6 }),
        ],
        payload: IMAGE.subarray(num * 1024, (num + 1) * 1024),
        inParts: true,
      }),
    );
  const push = () => [part(0), part(1), part(2)];
  const now = () => [software.memory.state, software.memory.result];
  return { software, sink, done, world, execute, push, now };
}

describe('object 9', () => {
  it('takes a package, installs, activates, deactivates and uninstalls it', () => {
    const { software, sink, done, execute, push, now } = device();
    expect([execute(4), execute(6), execute(10)]).toEqual(['4.05', '4.05', '4.05']);
    expect([push(), now()]).toEqual([
      ['2.31', '2.31', '2.04'],
      [3, 3],
    ]);
    expect(Buffer.compare(sink.bytes, IMAGE)).toBe(0);
    expect([execute(10), execute(4), now()]).toEqual(['4.05', '2.04', [3, 3]]);
    software.installed(true);
    expect([now(), software.memory.active]).toEqual([[4, 2], false]);
    expect([push()[0], execute(10), software.memory.active]).toEqual(['4.00', '2.04', true]);
    expect([execute(11), software.memory.active]).toEqual(['2.04', false]);
    expect([execute(6, '1'), now()]).toEqual(['2.04', [0, 0]]);
    expect(done).toEqual(['install', 'activate', 'deactivate', 'uninstall for update']);
  });

  it('keeps a package whose installation failed, and takes it back', () => {
    const { software, done, execute, push, now } = device();
    push();
    execute(4);
    software.installed(false);
    expect(now()).toEqual([3, 58]);
    expect([execute(6), now(), done]).toEqual(['2.04', [0, 0], ['install', 'uninstall']]);
  });

  it.each<[PackageFault, number]>([
    ['no-storage', 50],
    ['out-of-memory', 51],
    ['connection-lost', 52],
    ['integrity', 53],
    ['package-type', 54],
    ['invalid-uri', 56],
    ['protocol', 57],
  ])('tells of %s by result %i', (fault, result) => {
    const { sink, push, now } = device();
    sink.faults = { verify: fault };
    push();
    expect(now()).toEqual([0, result]);
  });
});
