import { performance } from 'node:perf_hooks';
import { ComputePool } from '@reeve/dtls';
import { pooledRandom } from '../randomness.ts';
import type { OpenDatagramSocket } from './datagrams/port.ts';
import { Sockets } from './datagrams/sockets.ts';
import { KeyLog } from './key-log.ts';
import { overlapOf } from './listening.ts';
import { SessionOwner } from './owner.ts';
import type { Link, LinkConfig, LinkUp } from './port.ts';
import { StreamSockets } from './stream-sockets.ts';
import { TlsSecrets } from './tls-secrets.ts';

/** Longest sleep of the timer: clocks may jump, and an idle process costs nothing for it. */
const MAX_SLEEP_MS = 60_000;
/** Threads of libuv's pool that handshakes may use, and what may wait for one: a storm of them is refused, not stored. */
const COMPUTE = { concurrency: 4, queue: 1024 } as const;

/**
 * Runs a session owner over real sockets and a real clock. Messages upward are gathered over one turn of the event
 * loop and delivered as one array. `openSocket` is how sockets for datagrams are opened: as is quickest, if not given.
 */
export async function runLink(
  config: LinkConfig,
  deliver: (messages: readonly LinkUp[]) => void,
  openSocket?: OpenDatagramSocket,
): Promise<Link> {
  const overlap = overlapOf(config.listen);
  if (overlap !== undefined) throw new Error(overlap);
  let pending: LinkUp[] = [];
  let timer: NodeJS.Timeout | undefined;
  let wakeAt = Number.POSITIVE_INFINITY;
  let closed = false;

  const flush = () => {
    const messages = pending;
    pending = [];
    if (!closed) deliver(messages);
  };
  const keyLog = config.keyLogFile === undefined ? undefined : new KeyLog(config.keyLogFile);
  const logging = keyLog ? { keyLog: (line: string) => keyLog.write(line) } : {};
  const pool = new ComputePool(COMPUTE);
  const streams = new StreamSockets();
  const secrets = new TlsSecrets();
  const owner = new SessionOwner({
    streams,
    secrets,
    random: pooledRandom(),
    wallClock: () => Date.now(),
    send: (ingress, host, port, datagram) => sockets.send(ingress, host, port, datagram),
    deliver: (message) => {
      if (pending.length === 0) setImmediate(flush);
      pending.push(message);
    },
    connectionIdSlot: config.connectionIdSlot,
    listen: config.listen,
    compute: (task, done) =>
      pool.run(task, (result) => {
        if (closed) return;
        done(result, performance.now());
        schedule();
      }),
    ...(config.transmission ? { transmission: config.transmission } : {}),
    ...logging,
  });
  for (const message of config.initial) owner.handle(message, performance.now());
  const schedule = () => {
    const next = owner.nextWakeAt() ?? Number.POSITIVE_INFINITY;
    if (next >= wakeAt && timer) return;
    clearTimeout(timer);
    wakeAt = next;
    const sleep = Math.min(Math.max(next - performance.now(), 0), MAX_SLEEP_MS);
    timer = setTimeout(() => {
      timer = undefined;
      wakeAt = Number.POSITIVE_INFINITY;
      owner.tick(performance.now());
      if (!closed) schedule();
    }, sleep);
  };
  const sockets = await Sockets.open(
    config.listen,
    (ingress, datagrams) => {
      const now = performance.now();
      for (const { host, port, bytes } of datagrams) owner.receive(ingress, host, port, bytes, now);
      schedule();
    },
    openSocket,
  );
  const { connections } = owner;
  const now = () => performance.now();
  await streams.open(config.listen, { connections, secrets, now, heard: schedule, ...logging }).catch(async (error) => {
    await sockets.close();
    throw error;
  });
  schedule();

  return {
    addresses: config.listen.flatMap((_, at) => sockets.addresses.get(at) ?? streams.addresses.get(at) ?? []),
    post: (messages) => {
      if (closed) return;
      const now = performance.now();
      for (const message of messages) owner.handle(message, now);
      schedule();
    },
    close: async () => {
      closed = true;
      clearTimeout(timer);
      connections.closeAll(performance.now());
      await streams.close();
      await sockets.close();
      keyLog?.close();
    },
  };
}
