import type { ServerPorts } from '@reeve/server';

/** Moments of the story at which a server may die, named by what happens and how far it got. */
export const KILL_POINTS = [
  'register: before the commit',
  'register: between commit and answer',
  'register: after the answer',
  'first value: before the commit',
  'first value: after the commit',
  'completing fix: before the commit',
  'completing fix: between commit and answer',
  'completing fix: after the answer',
  'lock write: before the commit',
  'lock write: between commit and sending',
  'lock write: after the answer of the device',
  'lock proof: before the commit',
  'lock proof: after the commit',
  'webhook: before the commit',
  'webhook: between commit and sending',
  'webhook: after the answer of the receiver',
  'clearing fix: before the commit',
  'clearing fix: between commit and answer',
  'unlock: before the commit',
  'unlock: between commit and sending',
] as const;
export type KillPoint = (typeof KILL_POINTS)[number];

type Store = Awaited<ReturnType<ServerPorts['openStore']>>;
type Batch = Parameters<Store['commit']>[0];

/** The commit that each story's step is told by. */
const COMMITS: Readonly<Record<string, (batch: Batch) => boolean>> = {
  register: (batch) => hasEntry(batch, 'registration.registered'),
  'first value': (batch) => (batch.samples?.length ?? 0) > 0,
  'completing fix': (batch) => hasTransition(batch, 'state', 'breached'),
  'clearing fix': (batch) => hasTransition(batch, 'state', 'cleared'),
  'lock write': (batch) => sendsLockState(batch, (value) => value !== 0),
  unlock: (batch) => sendsLockState(batch, (value) => value === 0),
  'lock proof': (batch) => hasEntry(batch, 'response.locked'),
  webhook: (batch) => (batch.changes ?? []).some((change) => 'put' in change && change.put === 'deliveries'),
};

/** Wraps the ports so that the process dies by SIGKILL exactly at the point. */
export function killAt(point: KillPoint, ports: ServerPorts): ServerPorts {
  const [step = '', moment = ''] = point.split(': ');
  const isStep = COMMITS[step] ?? (() => false);
  const atCommit = moment.startsWith('before');
  const afterCommit = moment === 'after the commit' || moment.startsWith('between');
  /** Set once the step is durable and what follows it is awaited. */
  let armed = false;
  return {
    ...ports,
    openStore: async (file) => {
      const store = await ports.openStore(file);
      return proxied(store, {
        commit: async (batch) => {
          if (!isStep(batch)) return store.commit(batch);
          if (atCommit) die();
          const committed = await store.commit(batch);
          if (afterCommit && step !== 'webhook') die();
          armed = true;
          return committed;
        },
      });
    },
    // The device's next message shows that it had the answer; its outcome, that it had the command.
    openLink: (config, deliver) =>
      ports.openLink(config, (messages) => {
        if (armed && step !== 'webhook' && messages.some(({ kind }) => kind !== 'session-closed')) die();
        deliver(messages);
      }),
    fetch: async (...request) => {
      if (armed && step === 'webhook' && moment.startsWith('between')) die();
      const response = await ports.fetch(...request);
      if (armed && step === 'webhook') die();
      return response;
    },
  };
}

function die(): never {
  process.kill(process.pid, 'SIGKILL');
  // The signal is on its way: nothing may happen before it arrives.
  for (;;);
}

function proxied(store: Store, own: Pick<Store, 'commit'>): Store {
  return new Proxy(store, {
    get: (target, name) => {
      if (name === 'commit') return own.commit;
      const value = Reflect.get(target, name, target) as unknown;
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}

function hasEntry(batch: Batch, type: string): boolean {
  return (batch.journal ?? []).some((entry) => entry.type === type);
}

function hasTransition(batch: Batch, rule: string, to: string): boolean {
  return (batch.journal ?? []).some(
    (entry) => entry.type === 'rule.transition' && entry.payload.ruleId === rule && entry.payload.to === to,
  );
}

/** The commit that precedes the sending of a write to /8/0/0. */
function sendsLockState(batch: Batch, isWanted: (value: unknown) => boolean): boolean {
  if (!hasEntry(batch, 'command.sent')) return false;
  return (batch.changes ?? []).some((change) => {
    if (!('put' in change) || change.put !== 'commands' || change.row.operation.kind !== 'write') return false;
    const [value] = change.row.operation.values;
    return value?.path === '/8/0/0' && isWanted(value.value);
  });
}
