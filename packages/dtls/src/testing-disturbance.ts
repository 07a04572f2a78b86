/** Test kit: handshakes over a network that treats a few datagrams ill, quick enough to try all ways to do so. */
import { createHash, type KeyObject } from 'node:crypto';
import { type CryptoResult, type CryptoTask, computeNow } from './compute.ts';
import type { PeerFound } from './effects.ts';
import { identityLabel } from './identity.ts';
import { effectsOf, type Network, type Pair, type PairOptions, perfectNetwork } from './testing.ts';
import { type Mode, pairOf } from './testing-modes.ts';
import { admitKnownPeer } from './testing-peers.ts';

/**
 * What the network does to one datagram: when its copies arrive, in ms. All others take one, and the first
 * retransmission comes after 1 000.
 */
export const FATES = {
  lost: [],
  /** The copy follows at once, as from a switch that repeats. */
  twice: [1, 1],
  /** The rest of its flight overtakes it, and perhaps the answer. */
  late: [2.5],
} as const satisfies { readonly [fate: string]: readonly number[] };

/** What happens to which datagram, by its number. */
export type Schedule = ReadonlyMap<number, readonly number[]>;

export function disturbed(schedule: Schedule): Network {
  return (_, __, index) => schedule.get(index) ?? [1];
}

/**
 * Computes each task once: asymmetric cryptography would take nearly all the time of a test that repeats the same
 * handshake. Ephemeral keys are the same each time, so that the tasks are, too.
 */
export function remembered(): Required<Pick<PairOptions, 'compute' | 'admitPeer'>> {
  const results = new Map<string, CryptoResult>();
  const verdicts = new Map<string, PeerFound>();
  const keys = new Map<KeyObject, number>();
  const numberOf = (key: KeyObject): number => {
    const number = keys.get(key) ?? keys.size;
    keys.set(key, number);
    return number;
  };
  const digest = (...parts: readonly Uint8Array[]): string => {
    const hash = createHash('sha256');
    for (const part of parts) hash.update(`${part.length}:`).update(part);
    return hash.digest('base64');
  };
  const nameOf = (task: CryptoTask): string => {
    switch (task.kind) {
      case 'generate':
        return task.group;
      case 'agree':
        return `${task.group} ${numberOf(task.privateKey)} ${digest(task.publicKey)}`;
      case 'sign':
        return `${task.scheme} ${numberOf(task.privateKey)} ${digest(task.data)}`;
      case 'verify':
        return `${task.scheme} ${digest(task.publicKey, task.data, task.signature)}`;
    }
  };
  return {
    compute(task, by) {
      const name = `${by} ${task.kind} ${nameOf(task)}`;
      const result = results.get(name) ?? computeNow(task);
      results.set(name, result);
      // The endpoint overwrites the secret.
      return result.kind === 'agreed' ? { kind: 'agreed', secret: Uint8Array.from(result.secret) } : result;
    },
    admitPeer(presented, by) {
      const label = `${by} ${identityLabel(presented)}`;
      const verdict = verdicts.get(label) ?? admitKnownPeer(presented, by);
      verdicts.set(label, verdict);
      return verdict;
    },
  };
}

/** How a side came out of a handshake. */
type Outcome = 'established' | 'failed' | 'neither' | 'both';

export interface Outcomes {
  readonly client: Outcome;
  readonly server: Outcome;
}

function outcome(effects: Pair['clientEffects']): Outcome {
  const established = effectsOf(effects, 'established').length;
  const failed = effectsOf(effects, 'refused').length;
  if (established > 1 || failed > 1 || (established > 0 && failed > 0)) return 'both';
  if (established > 0) return 'established';
  return failed > 0 ? 'failed' : 'neither';
}

/** Longer than all retransmissions, and than anything is kept for a peer that is gone, in ms. */
export const LONG_MS = 300_000;
/** More than an undisturbed handshake and a few datagrams take, in ms. */
const CALM_MS = 10_000;

/** What is left on the sides when everything has timed out, in words; it should be nothing. */
export function leftovers(pair: Pair): string[] {
  return (['client', 'server'] as const).flatMap((side) => {
    const { halfOpen, halfOpenPerPrefix, lookups, jobs, reassemblyBytes, heldBytes, lastFlights, deadlines } =
      pair[side].sizes();
    const held = { halfOpen, halfOpenPerPrefix, lookups, jobs, reassemblyBytes, heldBytes, lastFlights, deadlines };
    return Object.entries(held).flatMap(([what, many]) => (many === 0 ? [] : [`${side}: ${many} ${what}`]));
  });
}

/** Shakes hands over an ill network until all is quiet. */
export function shakeHands(mode: Mode, options: PairOptions, network: Network): { pair: Pair; outcomes: Outcomes } {
  const pair = pairOf(mode, options);
  pair.network = network;
  pair.client.connect(pair.now);
  pair.run(pair.now + LONG_MS);
  return { pair, outcomes: { client: outcome(pair.clientEffects), server: outcome(pair.serverEffects) } };
}

/** Datagrams of an undisturbed handshake. */
export function datagramsOf(mode: Mode, options: PairOptions): number {
  const { pair } = shakeHands(mode, options, perfectNetwork);
  return effectsOf([...pair.clientEffects, ...pair.serverEffects], 'send').length;
}

/** Whether data comes through both ways in the newest session of each side. */
export function converses(pair: Pair): boolean {
  pair.network = perfectNetwork;
  const [client] = effectsOf(pair.clientEffects, 'established').slice(-1);
  const [server] = effectsOf(pair.serverEffects, 'established').slice(-1);
  if (client === undefined || server === undefined) return false;
  pair.forget();
  pair.client.send(client.session, Buffer.from('up'));
  pair.server.send(server.session, Buffer.from('down'));
  pair.run(pair.now + CALM_MS);
  const heard = [pair.serverEffects, pair.clientEffects].map((effects) =>
    effectsOf(effects, 'received').map(({ data }) => Buffer.from(data).toString()),
  );
  return heard.flat().join() === 'up,down';
}

/** Whether a handshake over a network that is well again leads to a session on both sides. */
export function recovers(pair: Pair): boolean {
  pair.network = perfectNetwork;
  pair.forget();
  pair.client.connect(pair.now);
  pair.run(pair.now + CALM_MS);
  return converses(pair);
}
