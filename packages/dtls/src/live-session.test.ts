/** A live session goes on untouched, whatever state a new handshake between the same peers is in, until its Finished. */
import { describe, expect, it } from 'vitest';
import { computeNow } from './compute.ts';
import type { DtlsEffect, SessionKey } from './effects.ts';
import { readRecord } from './record.ts';
import { STATES } from './states.ts';
import { CLIENT_ADDRESS, effectsOf, FOUND, type Pair, SERVER_ADDRESS } from './testing.ts';
import { MODES, type Mode, pairOf } from './testing-modes.ts';
import { admitKnownPeer } from './testing-peers.ts';

/** Protected, and looked at nevertheless: a test of states has to see them. */
const HANDSHAKES = 'handshakes';

type Side = 'client' | 'server';
const other = (side: Side): Side => (side === 'client' ? 'server' : 'client');
const addressOf = (side: Side) => (side === 'client' ? CLIENT_ADDRESS : SERVER_ADDRESS);

/** Two peers with a session, whose next handshake goes on record by record and answer by answer. */
class Slowly {
  readonly #pair: Pair;
  /** The session that both have, as long as a side has not established the next one. */
  readonly #live: Record<Side, SessionKey | undefined> = { client: undefined, server: undefined };
  readonly #next: (() => void)[] = [];
  readonly #resumes: boolean;

  /** @param resumes what the server's caller says of a session that is to be resumed */
  constructor(mode: Mode, resumes: boolean) {
    this.#resumes = resumes;
    const pair = pairOf(mode);
    pair.client.connect(pair.now);
    pair.run(pair.now + 1_000);
    this.#pair = pair;
    this.#live.client = effectsOf(pair.clientEffects, 'established')[0]?.session;
    this.#live.server = effectsOf(pair.serverEffects, 'established')[0]?.session;
    pair.client.connect(pair.now);
    this.#collect();
  }

  /** The states of the handshakes under way. */
  get states(): string[] {
    const { client, server } = this.#pair;
    return [client, server].flatMap((endpoint) => [...endpoint[HANDSHAKES].values()].map(({ state }) => state));
  }

  /** Delivers a record or gives an answer. @returns whether there was one left */
  step(): boolean {
    const next = this.#next.shift();
    next?.();
    this.#collect();
    return next !== undefined;
  }

  /** Whether both sides have established the new session. */
  get over(): boolean {
    return this.#live.client === undefined && this.#live.server === undefined;
  }

  /** Whether the session that was there first goes on, as far as it should. */
  get goesOn(): boolean {
    const { client, server } = this.#live;
    if (client !== undefined && server !== undefined) {
      return this.#says('client', client, server) && this.#says('server', server, client);
    }
    return (['client', 'server'] as const).every((side) => {
      const live = this.#live[side];
      return live === undefined || this.#pair[side].status(live) !== undefined;
    });
  }

  #says(from: Side, session: SessionKey, heardIn: SessionKey): boolean {
    const [sender, receiver] = [this.#pair[from], this.#pair[other(from)]];
    sender.send(session, Buffer.from('still here'));
    const sent = sender.drain();
    for (const { datagram } of effectsOf(sent, 'send')) receiver.receive(addressOf(from), datagram, this.#pair.now);
    const heard = receiver.drain();
    return sent.length === 1 && heard.length === 1 && effectsOf(heard, 'received')[0]?.session === heardIn;
  }

  #collect(): void {
    for (const side of ['client', 'server'] as const) {
      for (const effect of this.#pair[side].drain()) this.#take(side, effect);
    }
  }

  #take(side: Side, effect: DtlsEffect): void {
    const { now, server } = this.#pair;
    const [endpoint, receiver] = [this.#pair[side], this.#pair[other(side)]];
    switch (effect.kind) {
      case 'send':
        for (let at = 0; at < effect.datagram.length; ) {
          const record = readRecord(effect.datagram, at)?.bytes ?? effect.datagram.subarray(at);
          this.#next.push(() => receiver.receive(addressOf(side), record, now));
          at += record.length;
        }
        break;
      case 'findPsk':
        this.#next.push(() => server.pskFound(effect.lookup, FOUND, now));
        break;
      case 'findPeer':
        this.#next.push(() => endpoint.peerFound(effect.lookup, admitKnownPeer(effect.presented, side), now));
        break;
      case 'findResumed':
        this.#next.push(() => server.resumedFound(effect.lookup, this.#resumes, now));
        break;
      case 'compute':
        this.#next.push(() => endpoint.computed(effect.job, computeNow(effect.task), now));
        break;
      case 'established':
        this.#live[side] = undefined;
        break;
      default:
        // Nothing is closed before that, nor refused.
        if (this.#live[side] !== undefined) throw new Error(`${side}: ${effect.kind}`);
    }
  }
}

const seen = new Set<string>();

describe.each(MODES)('a live session and a new handshake with $name', (mode) => {
  it.each([
    ['resumed if it can be', true],
    ['in full', false],
  ])('do not touch each other at any step: %s', (_, resumes) => {
    const peers = new Slowly(mode, resumes);
    expect(peers.goesOn).toBe(true);
    while (peers.step()) {
      for (const state of peers.states) seen.add(state);
      expect(peers.goesOn, peers.states.join(', ')).toBe(true);
    }
    expect(peers.over).toBe(true);
  });
});

describe('every state of a handshake', () => {
  it('was gone through', () => {
    const underWay = STATES.filter((state) => state.includes('-await-'));
    expect([...seen].sort()).toEqual([...underWay].sort());
  });
});
