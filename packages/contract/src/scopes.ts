import Type, { type Static } from 'typebox';

/** What a bearer token lets its holder do. */
export const Scope = Type.Union(
  [
    Type.Literal('admin'),
    Type.Literal('operator'),
    Type.Literal('read'),
    Type.Literal('metrics'),
    Type.Literal('frames'),
  ],
  { description: 'what the token lets its holder do' },
);
export type Scope = Static<typeof Scope>;

/** Every scope: what it is for, in words, and the scopes that it includes. */
export const scopes: Readonly<Record<Scope, { readonly about: string; readonly includes: readonly Scope[] }>> = {
  admin: {
    about: 'everything, also people, tokens, webhooks, authorities and backups',
    includes: ['operator', 'read', 'metrics', 'frames'],
  },
  operator: { about: 'run the fleet: devices, commands, policies, updates', includes: ['read', 'metrics', 'frames'] },
  read: { about: 'see everything but people, tokens and webhooks, change nothing', includes: ['metrics'] },
  metrics: { about: 'read the metrics, for Prometheus', includes: [] },
  frames: { about: 'deliver frames, for the callback of a network', includes: [] },
};

/** Every scope, the widest first. */
export const scopeNames = Object.keys(scopes) as readonly Scope[];

/** What a route asks of its caller: a scope, to be signed in at all, or nothing. */
export type RouteScope = Scope | 'signed-in' | 'public';

/** Whether who holds one scope may do what needs another. */
export function allows(held: Scope, needed: Scope): boolean {
  return held === needed || scopes[held].includes.includes(needed);
}
