import type { CommandOperation } from '@reeve/contract';
import { describe, expect, it } from 'vitest';
import type { LinkOperation } from '../link/port.ts';
import { openMemoryStore } from '../store/memory/store.ts';
import type { Store } from '../store/port.ts';
import type { NewCommand } from './queue.ts';
import { dying, obedient, openTestQueue, rest } from './test-commands.ts';

const operations: Readonly<Record<string, NewCommand['operation']>> = {
  write: { kind: 'write', mode: 'replace', path: '/8/0/0', values: [{ path: '/8/0/0', value: 2 }] },
  execute: { kind: 'execute', path: '/3/0/4' },
  merge: { kind: 'write', mode: 'partial', path: '/3/0', values: [{ path: '/3/0/14', value: '+01' }] },
  repeatable: { kind: 'execute', path: '/3/0/12' },
  read: { kind: 'read', path: '/3/0/9' },
};

/** A client that asks for each command until it has its answer. */
async function ask(store: Store, perform: (operation: LinkOperation) => ReturnType<typeof obedient>) {
  const test = await openTestQueue({ store, perform, connected: false });
  for (const [idempotencyKey, operation] of Object.entries(operations)) {
    await test.add(operation, { idempotencyKey, repeatable: idempotencyKey === 'repeatable' });
  }
  await test.heard();
}

/** Five to queue, and two for each command. */
const COMMITS = 15;
const moments = Array.from({ length: COMMITS }, (_, index) => index + 1).flatMap((commit) =>
  (['before', 'after'] as const).map((when) => [when, commit] as const),
);

describe('a process that dies', () => {
  it('has as many moments as the table below', async () => {
    const store = openMemoryStore();
    const counted = dying(store, COMMITS + 1, 'before');
    await ask(counted, obedient);
    expect(counted.dead).toBe(false);
    expect(await store.count('commands', { state: 'answered' })).toBe(5);
    await counted.commit({}).catch(() => {});
    expect(counted.dead).toBe(true);
  });

  it.each(moments)(
    '%s commit %i: every command ends, none that may not be repeated is sent twice',
    async (when, at) => {
      const store = openMemoryStore();
      const performed: string[] = [];
      const textOf = (asked: LinkOperation | CommandOperation) => `${asked.kind} ${'path' in asked ? asked.path : '/'}`;
      const perform = (operation: LinkOperation) => {
        performed.push(textOf(operation));
        return obedient(operation);
      };
      const dead = dying(store, at, when);
      await ask(dead, perform).catch(() => {});
      await rest();
      expect(dead.dead).toBe(true);
      await ask(store, perform);

      for (const [key, operation] of Object.entries(operations)) {
        const [row] = await store.list('commands', { where: { idempotencyKey: key } });
        const sent = performed.filter((text) => text === textOf(operation)).length;
        const steps = row?.receipts.map(({ step }) => step) ?? [];
        if (row?.state === 'outcome-unknown') {
          expect(['execute', 'merge']).toContain(key);
          expect(sent).toBeLessThanOrEqual(1);
          expect(row.receipts.at(-1)?.text).toBe(
            'the server restarted before the answer: the device may have acted on it',
          );
        } else {
          expect(row?.state).toBe('answered');
          const repeated = steps.includes('repeated');
          expect(steps).toEqual(
            repeated ? ['queued', 'sent', 'queued', 'repeated', 'answered'] : ['queued', 'sent', 'answered'],
          );
          expect(sent).toBeGreaterThanOrEqual(1);
          expect(sent).toBeLessThanOrEqual(repeated ? 2 : 1);
          if (repeated) {
            expect(['execute', 'merge']).not.toContain(key);
            expect(row?.receipts[2]?.text).toBe(
              "the server restarted before the answer; repeated at the device's next contact",
            );
          }
        }
      }
    },
  );
});
