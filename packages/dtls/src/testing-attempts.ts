/** Attempts at a handshake, and what they came to. */
import { expect } from 'vitest';
import type { DtlsEffect } from './effects.ts';
import { effectsOf, Pair, type PairOptions } from './testing.ts';
import { LONG_MS } from './testing-disturbance.ts';
import { CERTIFIED_CLIENT, CERTIFIED_SERVER, RAW_CLIENT, RAW_SERVER } from './testing-peers.ts';

export const CERTIFICATES: PairOptions = {
  client: { identity: CERTIFIED_CLIENT, serverName: 'server.example' },
  server: { identities: [CERTIFIED_SERVER] },
};
export const RAW_KEYS: PairOptions = { client: { identity: RAW_CLIENT }, server: { identities: [RAW_SERVER] } };
export const ECDHE_PSK: PairOptions = { shared: { suites: ['TLS_ECDHE_PSK_WITH_AES_128_CCM_8_SHA256'] } };

/** Lets both sides try for as long as they want to. */
export function attempt(options: PairOptions): Pair {
  const pair = new Pair(options);
  pair.client.connect(0);
  pair.run(LONG_MS);
  return pair;
}

/** What was refused, and why. */
export function refusalsOf(effects: readonly DtlsEffect[]): { check: string; detail: string }[] {
  return effectsOf(effects, 'refused').map(({ check, detail }) => ({ check, detail }));
}

/** Nobody has a session, and nothing of it is left behind. */
export function expectNoSession(pair: Pair): void {
  expect(effectsOf([...pair.serverEffects, ...pair.clientEffects], 'established')).toEqual([]);
  for (const endpoint of [pair.server, pair.client]) {
    expect(endpoint.sizes()).toMatchObject({ halfOpen: 0, sessions: 0, lookups: 0, deadlines: 0, heldBytes: 0 });
  }
}

/** How many sessions were established. */
export const established = (effects: readonly DtlsEffect[]): number => effectsOf(effects, 'established').length;
