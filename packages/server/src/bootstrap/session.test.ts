import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RequestOutcome } from '../link/port.ts';
import type { Configuration } from './plan.ts';
import { advance, begin, type Phase, requestOf } from './session.ts';

const secured = { mode: 'psk', identity: Buffer.from('id'), key: Buffer.from('0123456789abcdef') } as const;
const configuration = (more: Partial<Configuration['template']> = {}): Configuration => {
  const account = { shortServerId: 1, uri: 'coaps://a.example:5684', secured } as const;
  return { template: { accounts: [account], ...more }, accounts: [account], resources: [] };
};
const answered = (code: number): RequestOutcome => ({ kind: 'answered', code, body: { kind: 'empty' } });
const OK = answered(0x44);

/** Plays outcomes one after the other, then successes to the end; every request as short text. */
function play(outcomes: readonly RequestOutcome[], wanted = configuration(), preferred?: number) {
  const asked: string[] = [];
  const results: string[] = [];
  let phase: Phase = begin(wanted, preferred);
  for (let turn = 0; phase.kind === 'asking'; turn++) {
    const operation = requestOf(phase);
    const format = 'format' in operation ? ` ${operation.format}` : '';
    asked.push(operation.kind === 'finish' ? 'finish' : `${operation.kind} ${operation.path}${format}`);
    const next = advance(phase, outcomes[turn] ?? OK, wanted);
    results.push(next.step.result);
    phase = next.phase;
    if (turn > 500) throw new Error('it does not end');
  }
  return { asked, results, end: phase };
}

describe('a bootstrap session', () => {
  it('BS-9: deletes, writes security before servers, and finishes', () => {
    expect(play([]).asked).toEqual([
      'discover /',
      'delete /0',
      'delete /1',
      'write /0/1 11542',
      'write /1/0 11542',
      'finish',
    ]);
    expect(play([], configuration({ clear: 'all', discover: false })).asked.slice(0, 2)).toEqual([
      'delete /',
      'write /0/1 11542',
    ]);
  });

  it('BS-10: writes who may create instances, after deleting who might before', () => {
    const access = [{ objectId: 5, instanceId: 65_535, owner: 65_535, rights: { 1: 16 } }];
    const { asked } = play([], configuration({ access }));
    expect(asked).toEqual([
      'discover /',
      'delete /0',
      'delete /1',
      'delete /2',
      'write /0/1 11542',
      'write /1/0 11542',
      'write /2/0 11542',
      'finish',
    ]);
  });

  it('passes over what a device can not list or delete, and reads the accounts back where wanted', () => {
    const { asked, results, end } = play(
      [answered(0x84), answered(0x85), answered(0x80), OK, OK, answered(0x85)],
      configuration({ verify: true }),
    );
    expect(asked.slice(-2)).toEqual(['read /1 11542', 'finish']);
    expect(results).toEqual(['passed-over', 'passed-over', 'passed-over', 'done', 'done', 'passed-over', 'done']);
    expect(end.kind).toBe('finished');
  });

  it('writes in the format that the device prefers, and in another one from its first refusal on', () => {
    const { asked, end } = play([OK, OK, OK, answered(0x8f)], configuration(), 112);
    expect(asked.slice(3)).toEqual(['write /0/1 112', 'write /0/1 11542', 'write /1/0 11542', 'finish']);
    expect(end.kind).toBe('finished');
  });

  it('fails when the device has refused every format', () => {
    const { asked, end } = play([OK, OK, OK, ...Array.from({ length: 9 }, () => answered(0x8f))]);
    expect(asked.filter((each) => each.startsWith('write'))).toHaveLength(4);
    expect(end).toEqual({ kind: 'failed', reason: 'wrote /0/1: 4.15' });
  });

  it('P40: asks once more, as a new message, what was not answered', () => {
    const silent: RequestOutcome = { kind: 'timeout' };
    expect(play([OK, silent]).asked.slice(0, 3)).toEqual(['discover /', 'delete /0', 'delete /0']);
    expect(play([OK, silent, silent]).end).toEqual({ kind: 'failed', reason: 'deleted /0: no answer' });
  });

  it.each([
    [answered(0x86), 'asked to finish: 4.06, the device finds its configuration inconsistent'],
    [answered(0x80), 'asked to finish: 4.00'],
    [{ kind: 'reset' } as const, 'asked to finish: the device reset it'],
    [{ kind: 'not-sent', reason: 'the session is over' } as const, 'asked to finish: the session is over'],
  ])('BS-7: %j to Finish is a failure in words', (outcome, reason) => {
    expect(play([OK, OK, OK, OK, OK, outcome]).end).toEqual({ kind: 'failed', reason });
  });

  it('ends, whatever the device answers', () => {
    const outcome = fc.oneof(
      fc.integer({ min: 0, max: 255 }).map(answered),
      fc.constantFrom<RequestOutcome>(
        { kind: 'timeout' },
        { kind: 'reset' },
        { kind: 'not-sent', reason: 'x' },
        { kind: 'unencodable', reason: 'x' },
      ),
    );
    fc.assert(
      fc.property(fc.array(outcome, { maxLength: 60 }), (outcomes) => {
        const { asked, end } = play(outcomes);
        expect(asked.length).toBeLessThan(40);
        if (end.kind === 'finished') expect(asked.at(-1)).toBe('finish');
      }),
    );
  });
});
