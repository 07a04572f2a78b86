import { describe, expect, it } from 'vitest';
import { read, type Said } from './objects.ts';
import { follow, type Next, type Order, type UpdateStep } from './steps.ts';

const ORDER: Order = { path: '/5/0', version: '2.0', bytes: 2500, method: 'auto', schemes: ['coaps', 'http'] };
const SOFTWARE: Order = { ...ORDER, path: '/9/3' };
const code = (text: string, szx?: number) => {
  const [major = 0, minor = 0] = text.split('.').map(Number);
  return { kind: 'code', code: (major << 5) | minor, ...(szx !== undefined && { szx }) } as const;
};
const said = (more: Partial<Said> = {}) =>
  ({ kind: 'said', said: { phase: 'idle', verdict: { kind: 'none' }, ...more } }) as const;
const bad = { kind: 'bad', words: 'the update itself failed' } as const;
const step = (next: UpdateStep): Next => ({ kind: 'step', step: next });
const pushing = (offset: number, szx = 6, restarts = 0): UpdateStep => ({ kind: 'pushing', offset, szx, restarts });
const checking: UpdateStep = { kind: 'checking' };
const installing = (executions = 1): UpdateStep => ({ kind: 'installing', executions });

/** What the device says for each value of state and result. */
describe('what the objects say', () => {
  const of5 = (state: number, result: number) =>
    read('/5/0', [
      { path: '/5/0/3', stored: { value: state } },
      { path: '/5/0/5', stored: { value: result } },
    ]);

  it('P39: object 5, every state and result', () => {
    expect([0, 1, 2, 3].map((state) => of5(state, 0)?.phase)).toEqual([
      ...['idle', 'downloading', 'downloaded', 'installing'],
    ]);
    const kinds = Array.from({ length: 13 }, (_, result) => of5(0, result)?.verdict.kind);
    expect(kinds).toEqual(['none', 'good', ...Array(9).fill('bad'), 'deferred', 'bad']);
    const reasons = [2, 3, 4, 5, 6, 7, 8, 9, 10].map((result) => of5(0, result)?.verdict);
    expect(new Set(reasons.map((verdict) => JSON.stringify(verdict))).size).toBe(9);
    expect(of5(7, 0)).toBeUndefined();
  });

  it('FW-1: protocols and delivery; what is not known is ignored', () => {
    const records = [
      { path: '/5/0/3', stored: { value: 0 } },
      { path: '/5/0/8/0', stored: { value: 1 } },
      { path: '/5/0/8/1', stored: { value: 77 } },
      { path: '/5/0/9', stored: { value: 2 } },
    ];
    expect(read('/5/0', records)).toMatchObject({ schemes: ['coaps'], delivery: 'both' });
  });

  it('object 9, every state, and results by the table', () => {
    const of9 = (state: number, result: number) =>
      read('/9/3', [
        { path: '/9/3/7', stored: { value: state } },
        { path: '/9/3/9', stored: { value: result } },
      ]);
    expect([0, 1, 2, 3, 4].map((state) => of9(state, 0)?.phase)).toEqual([
      ...['idle', 'downloading', 'downloading', 'downloaded', 'installed'],
    ]);
    expect([0, 1, 2, 3].map((result) => of9(0, result)?.verdict.kind)).toEqual(['none', 'none', 'good', 'none']);
    for (const result of [50, 51, 52, 53, 54, 56, 57, 58, 59, 60, 4]) expect(of9(0, result)?.verdict.kind).toBe('bad');
  });
});

describe('steps of an update', () => {
  it.each<[string, UpdateStep, Parameters<typeof follow>[1], Next, Order?]>([
    ['pushes to what takes it', checking, said({ delivery: 'both' }), step(pushing(0))],
    [
      'FW-1: lets fetch by a scheme of both',
      checking,
      said({ delivery: 'pull', schemes: ['coap', 'http'] }),
      step({ kind: 'offering', scheme: 'http' }),
    ],
    [
      'FW-1: takes CoAP for granted only',
      checking,
      said({ delivery: 'pull' }),
      step({ kind: 'offering', scheme: 'coaps' }),
    ],
    ['P39: takes back what is there', checking, said({ phase: 'downloaded' }), step({ kind: 'resetting' })],
    [
      'has software make room for another version',
      checking,
      said({ phase: 'installed' }),
      step({ kind: 'resetting', installed: true }),
      SOFTWARE,
    ],
    ['and looks again', { kind: 'resetting' }, code('2.04'), step({ kind: 'checking', reset: true })],
    ['sends part after part', pushing(0), code('2.31'), step(pushing(1024))],
    ['in the size that the device wants', pushing(1024), code('2.31', 5), step(pushing(2048, 5))],
    ['and begins anew with smaller ones', pushing(0), code('4.13', 4), step(pushing(0, 4))],
    ['the last part ends it', pushing(2048), code('2.04'), step({ kind: 'downloading' })],
    ['FW-4: asks why after 4.08', pushing(1024), code('4.08'), step({ kind: 'downloading', restarts: 1 })],
    ['and begins anew', { kind: 'downloading', restarts: 1 }, said({ phase: 'downloading' }), step(pushing(0, 6, 1))],
    ['lets fetch what is too large to push', pushing(0), code('4.13'), step({ kind: 'offering', scheme: 'coaps' })],
    ['reads on after the URI', { kind: 'offering', scheme: 'coaps' }, code('2.04'), step({ kind: 'downloading' })],
    [
      'installs what is downloaded',
      { kind: 'downloading' },
      said({ phase: 'downloaded' }),
      step({ kind: 'executing', executions: 0 }),
    ],
    ['waits for it', { kind: 'executing', executions: 0 }, code('2.04'), step(installing())],
    [
      'P39: after the reboot',
      installing(),
      said({ verdict: { kind: 'good' } }),
      step({ kind: 'verifying', said: true }),
    ],
    ['P39: also if the result is forgotten', installing(), said(), step({ kind: 'verifying', said: false })],
    [
      'tells again what did not begin',
      installing(),
      said({ phase: 'downloaded' }),
      step({ kind: 'executing', executions: 1 }),
    ],
    ['activates software', installing(), said({ phase: 'installed' }), step({ kind: 'activating' }), SOFTWARE],
  ])('%s', (_, from, answer, next, order = ORDER) => expect(follow(from, answer, order)).toEqual(next));

  it.each<[string, UpdateStep, Parameters<typeof follow>[1], string, Order?]>([
    ['no object', checking, code('4.04'), 'failed'],
    ['no scheme of both', checking, said({ delivery: 'pull', schemes: ['coap+tcp'] }), 'failed'],
    ['only fetches', checking, said({ delivery: 'pull' }), 'failed', { ...ORDER, method: 'push' }],
    ['only takes', checking, said({ delivery: 'push' }), 'failed', { ...ORDER, method: 'pull' }],
    ['does not take back', { kind: 'checking', reset: true }, said({ phase: 'downloaded' }), 'failed'],
    ['refuses a push that was wanted', pushing(0), code('4.13'), 'failed', { ...ORDER, method: 'push' }],
    ['loses it again and again', pushing(0, 6, 5), code('4.08'), 'failed'],
    ['FW-2: says why it gave up', { kind: 'downloading', restarts: 1 }, said({ verdict: bad }), 'failed'],
    ['fails to install, and keeps it', installing(), said({ phase: 'downloaded', verdict: bad }), 'failed'],
    ['fails to install, and drops it', installing(), said({ verdict: bad }), 'failed'],
    ['does not begin', installing(3), said({ phase: 'downloaded' }), 'failed'],
    ['refuses to install', { kind: 'executing', executions: 2 }, code('4.05'), 'failed'],
    ['FW-2: runs it', { kind: 'verifying', said: true }, { kind: 'version', version: '2.0' }, 'succeeded'],
    [
      'FW-2: runs it, without a result',
      { kind: 'verifying', said: false },
      { kind: 'version', version: '2.0' },
      'succeeded',
    ],
    ['FW-2: runs another', { kind: 'verifying', said: true }, { kind: 'version', version: '1.0' }, 'unconfirmed'],
    ['FW-2: runs the old one', { kind: 'verifying', said: false }, { kind: 'version', version: '1.0' }, 'failed'],
    ['names no version', { kind: 'verifying', said: true }, code('4.04'), 'succeeded'],
    ['is active', { kind: 'activating' }, code('2.04'), 'succeeded', SOFTWARE],
    ['is not active', { kind: 'activating' }, code('4.05'), 'failed', SOFTWARE],
  ])('ends when the device %s', (_, from, answer, state, order = ORDER) =>
    expect(follow(from, answer, order)).toMatchObject({ kind: 'end', state }),
  );

  it.each<[string, UpdateStep, Parameters<typeof follow>[1]]>([
    ['is busy', pushing(0), code('5.03')],
    ['downloads', { kind: 'downloading' }, said({ phase: 'downloading' })],
    ['installs', installing(), said({ phase: 'installing' })],
    ['installs something else', checking, said({ phase: 'installing' })],
    ['puts it off', installing(), said({ phase: 'downloaded', verdict: { kind: 'deferred' } })],
    ['can not be read just then', installing(), code('5.00')],
  ])('waits while the device %s', (_, from, answer) =>
    expect(follow(from, answer, ORDER)).toMatchObject({ kind: 'wait' }),
  );
});
