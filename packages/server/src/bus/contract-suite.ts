import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newId, type Seq } from '../ids.ts';
import type { JournalEntry } from '../journal/entries.ts';
import { added, person, putPerson, started } from '../store/contract-fixtures.ts';
import { type Batch, type Store, StoreError } from '../store/port.ts';
import type { Bus, ConsumerOptions } from './port.ts';

/** A bus whose waits last until the test ends them. */
export interface OpenedBus {
  readonly bus: Bus;
  /** Lets every wait that is due or not end now; gives back how long they were to last. */
  readonly elapse: () => number[];
}

type Handle = ConsumerOptions['handle'];

const deviceId = newId.device();

/** What every adapter of the delivery port does, as tests; the store is reopened by none of them. */
export function busContract(
  name: string,
  openStore: () => Promise<{ store: Store; cleanUp: () => Promise<void> }>,
  openBus: (store: Store) => OpenedBus,
): void {
  describe(`${name} keeps the contract of the bus`, () => {
    let store: Store;
    let cleanUp: () => Promise<void>;
    let opened: OpenedBus;

    beforeEach(async () => {
      ({ store, cleanUp } = await openStore());
      opened = openBus(store);
    });
    afterEach(async () => {
      await opened.bus.close();
      await cleanUp();
    });

    const append = async (...versions: string[]): Promise<Seq> => {
      const { seqs } = await store.commit({ journal: versions.map((version) => started(version)) });
      return seqs.at(-1) ?? (0 as Seq);
    };
    const consume = (consumer: string, handle: Handle, more: Partial<ConsumerOptions & { fromStart: boolean }> = {}) =>
      opened.bus.consume({ name: consumer, types: ['server.started'], handle, ...more });
    const versionOf = (entry: JournalEntry): string => (entry.type === 'server.started' ? entry.payload.version : '');
    const cursor = async (consumer: string) => (await store.get('cursors', { consumer }))?.seq;

    it('hands over every entry of the wanted types, in order', async () => {
      const seen: string[] = [];
      await append('before');
      const subscription = await consume('a', (entry) => {
        seen.push(versionOf(entry));
        return undefined;
      });
      const all = Array.from({ length: 450 }, (_, index) => `${index}`);
      await Promise.all(all.map((version) => store.commit({ journal: [started(version), added(deviceId)] })));
      await subscription.caughtUp((1 + 2 * all.length) as Seq);
      expect(seen).toEqual(all);
    });

    it('reads nothing of what was announced, unless that is more than it remembers', async () => {
      const seen: string[] = [];
      let read = 0;
      const journal = store.journal.bind(store);
      const subscription = await consume('a', (entry) => {
        seen.push(versionOf(entry));
        return undefined;
      });
      store.journal = (query) => {
        read++;
        return journal(query);
      };
      for (let index = 0; index < 10; index++) await subscription.caughtUp(await append(`${index}`));
      expect([seen.length, read]).toEqual([10, 0]);
      const many = Array.from({ length: 2500 }, (_, index) => `${index}`);
      await subscription.caughtUp(await append(...many));
      await subscription.caughtUp(await append('last'));
      expect(read).toBeGreaterThan(0);
      expect(seen.slice(10)).toEqual([...many, 'last']);
    });

    it('hands over nothing that its consumer says to be unconcerned by, once all before it is handled', async () => {
      const seen: string[] = [];
      const concerns = (entry: JournalEntry) => seen.length === 0 || versionOf(entry) !== '2';
      const handle = async (entry: JournalEntry) => {
        await Promise.resolve();
        seen.push(versionOf(entry));
        return undefined;
      };
      const subscription = await consume('a', handle, { concerns });
      await subscription.caughtUp(await append('1', '2', '3', '2'));
      expect(seen).toEqual(['1', '3']);
      await subscription.stop();
      expect(await cursor('a')).toBe(4);
    });

    it.each([
      ['that it finds when it starts', true],
      ['that are announced at once', false],
    ])('passes over any number of entries that its consumer is unconcerned by, %s', async (_, before) => {
      const others = Array.from({ length: 2500 }, () => 'other');
      const seen: string[] = [];
      const handle: Handle = (entry) => {
        seen.push(versionOf(entry));
        return undefined;
      };
      const options = { concerns: (entry: JournalEntry) => versionOf(entry) !== 'other', fromStart: true };
      if (before) await append(...others, 'last');
      const subscription = await consume('a', handle, options);
      if (!before) await append(...others, 'last');
      await subscription.caughtUp((others.length + 1) as Seq);
      expect(seen).toEqual(['last']);
    });

    it('starts a new consumer at the end of the journal, or at its start if asked', async () => {
      const seen: string[] = [];
      const last = await append('1', '2');
      const handle: Handle = (entry) => {
        seen.push(versionOf(entry));
        return undefined;
      };
      const fromEnd = await consume('end', handle);
      await fromEnd.caughtUp(last);
      expect(seen).toEqual([]);
      const fromStart = await consume('start', handle, { fromStart: true });
      await fromStart.caughtUp(last);
      expect(seen).toEqual(['1', '2']);
    });

    it('commits what the handler decides together with the cursor, and journals of its own reach it again', async () => {
      const seen: string[] = [];
      const subscription = await consume('a', (entry) => {
        seen.push(versionOf(entry));
        const batch: Batch = { changes: [putPerson(person(versionOf(entry)))] };
        return seen.length === 1 ? { ...batch, journal: [started('caused')] } : batch;
      });
      await append('first');
      await subscription.caughtUp(2 as Seq);
      expect(seen).toEqual(['first', 'caused']);
      expect((await store.list('people', { orderBy: 'name' })).map((row) => row.name)).toEqual(['caused', 'first']);
      expect(await cursor('a')).toBe(2);
    });

    it('repeats the entry after a crash between handling and commit, and nothing that was committed', async () => {
      const stopped: string[] = [];
      let stuck: () => void = () => {};
      const reached = new Promise<void>((resolve) => {
        stuck = resolve;
      });
      // A handler that never comes back is what a crash leaves behind: no batch, no cursor.
      const first = openBus(store);
      void first.bus.consume({
        name: 'a',
        types: ['server.started'],
        fromStart: true,
        handle: (entry) => {
          stopped.push(versionOf(entry));
          if (versionOf(entry) !== '2') return { changes: [putPerson(person(versionOf(entry)))] };
          stuck();
          return new Promise(() => {});
        },
      });
      const last = await append('1', '2', '3');
      await reached;
      expect(stopped).toEqual(['1', '2']);
      const seen: string[] = [];
      const again = await consume('a', (entry) => {
        seen.push(versionOf(entry));
        return { changes: [putPerson(person(versionOf(entry)))] };
      });
      await again.caughtUp(last);
      expect(seen).toEqual(['2', '3']);
      expect(await store.count('people')).toBe(3);
    });

    it('tries a failing entry again after growing waits, before any later one, and blocks nobody else', async () => {
      const failures: [number, string][] = [];
      let failed: () => void = () => {};
      const seen: string[] = [];
      let refusing = 3;
      const failing = await consume(
        'failing',
        (entry) => {
          if (versionOf(entry) === '1' && refusing-- > 0) throw new Error('not yet');
          seen.push(versionOf(entry));
          return undefined;
        },
        {
          failed: (entry, error, attempt) => {
            failures.push([attempt, error instanceof Error ? `${error.message} ${entry.seq}` : '']);
            failed();
          },
        },
      );
      const other = await consume('other', () => undefined);
      const waits: number[] = [];
      const failedOnce = () =>
        new Promise<void>((resolve) => {
          failed = resolve;
        });
      let failure = failedOnce();
      const last = await append('1', '2');
      await other.caughtUp(last);
      for (let attempt = 1; attempt <= 3; attempt++) {
        await failure;
        expect(seen).toEqual([]);
        failure = failedOnce();
        await Promise.resolve();
        waits.push(...opened.elapse());
      }
      await failing.caughtUp(last);
      expect(seen).toEqual(['1', '2']);
      expect(failures).toEqual([1, 2, 3].map((attempt) => [attempt, 'not yet 1']));
      expect(waits).toHaveLength(3);
      expect(waits).toEqual(waits.toSorted((a, b) => a - b));
      expect(waits[2]).toBeGreaterThan(waits[0] ?? 0);
    });

    it('decides anew when the batch conflicts, and stores nothing of the refused one', async () => {
      await store.commit({ changes: [putPerson(person('taken'))] });
      const kinds: unknown[] = [];
      let told: () => void = () => {};
      const refused = new Promise<void>((resolve) => {
        told = resolve;
      });
      let name = 'taken';
      const subscription = await consume('a', () => ({ changes: [putPerson(person(name))] }), {
        failed: (_, error) => {
          kinds.push(error instanceof StoreError ? error.kind : error);
          name = 'free';
          told();
        },
      });
      const last = await append('1');
      await refused;
      expect(await cursor('a')).toBe(0);
      opened.elapse();
      await subscription.caughtUp(last);
      expect(kinds).toEqual(['conflict']);
      expect(await store.count('people')).toBe(2);
    });

    it('moves over entries that are not wanted, saving the cursor only now and then', async () => {
      let saved = 0;
      const commit = store.commit.bind(store);
      store.commit = (batch) => {
        if (batch.changes?.some((change) => 'put' in change && change.put === 'cursors')) saved++;
        return commit(batch);
      };
      const subscription = await consume('a', () => undefined);
      expect(saved).toBe(1);
      let last = 0 as Seq;
      for (let index = 0; index < 30; index++) {
        const { seqs } = await store.commit({ journal: Array.from({ length: 100 }, () => added(deviceId)) });
        last = seqs.at(-1) ?? last;
      }
      await subscription.caughtUp(last);
      expect(saved).toBeGreaterThan(1);
      expect(saved).toBeLessThan(6);
      await subscription.stop();
      expect(await cursor('a')).toBe(last);
    });

    it('moves over entries that ask for nothing, saving the cursor only with the next that does', async () => {
      const subscription = await consume('a', (entry) =>
        versionOf(entry) === '3' ? { changes: [putPerson(person('3'))] } : undefined,
      );
      await subscription.caughtUp(await append('1', '2'));
      expect(await cursor('a')).toBe(0);
      await subscription.caughtUp(await append('3', '4'));
      expect(await cursor('a')).toBe(3);
      await subscription.stop();
      expect(await cursor('a')).toBe(4);
    });

    it('stops: no entry after it, nobody left waiting, and a later start goes on from there', async () => {
      const seen: string[] = [];
      const handle: Handle = (entry) => {
        seen.push(versionOf(entry));
        return undefined;
      };
      const subscription = await consume('a', handle);
      await subscription.caughtUp(await append('1'));
      const waiting = subscription.caughtUp(99 as Seq);
      const refused = expect(waiting).rejects.toMatchObject({ kind: 'closed' });
      await subscription.stop();
      await refused;
      const last = await append('2');
      expect(seen).toEqual(['1']);
      await (await consume('a', handle)).caughtUp(last);
      expect(seen).toEqual(['1', '2']);
    });

    it('gives up the retries of a failing entry when it is closed', async () => {
      let told: () => void = () => {};
      const failed = new Promise<void>((resolve) => {
        told = resolve;
      });
      await consume('a', () => Promise.reject(new Error('never')), { failed: () => told() });
      await append('1');
      await failed;
      await opened.bus.close();
      expect(await cursor('a')).toBe(0);
    });

    it('shows live entries of every type to watchers until they leave', async () => {
      const seen: number[] = [];
      const stop = opened.bus.watch((entries) => seen.push(...entries.map(({ seq }) => seq)));
      await append('1', '2');
      await store.commit({ journal: [added(deviceId)] });
      stop();
      await append('4');
      expect(seen).toEqual([1, 2, 3]);
    });
  });
}
