import Type, { type Static } from 'typebox';
import { Actor, Instant } from './common.ts';
import { RuleStatus } from './devices.ts';

export const Policy = Type.Object({
  policyId: Type.String(),
  version: Type.Integer(),
  mode: Type.Union([Type.Literal('monitor'), Type.Literal('enforce')]),
  source: Type.String({ description: 'The YAML document as it was applied' }),
  appliedAt: Instant,
  appliedBy: Actor,
  rules: Type.Array(Type.Object({ ruleId: Type.String(), text: Type.String(), respond: Type.Array(Type.String()) })),
  /** Devices the policy applies to, by state of their rules: one with a broken and a blind rule counts as both; `ok` needs all. */
  devices: Type.Object({
    total: Type.Integer(),
    ok: Type.Integer(),
    breached: Type.Integer(),
    cannotEvaluate: Type.Integer(),
    waiting: Type.Integer(),
  }),
});
export type Policy = Static<typeof Policy>;

/** Answer to applying a policy: what it matches, and what those devices lack. */
export const PolicyApplied = Type.Object({
  policy: Policy,
  created: Type.Boolean(),
  matches: Type.Array(
    Type.Object({ deviceId: Type.String(), endpoint: Type.String(), lacks: Type.Array(Type.String()) }),
  ),
});
export type PolicyApplied = Static<typeof PolicyApplied>;

export const PolicyDevice = Type.Object({
  deviceId: Type.String(),
  endpoint: Type.String(),
  rules: Type.Array(RuleStatus),
});
export type PolicyDevice = Static<typeof PolicyDevice>;

export const IncidentState = Type.Union([Type.Literal('open'), Type.Literal('cleared'), Type.Literal('closed')]);
export type IncidentState = Static<typeof IncidentState>;

/** Values, limits and times on which a rule was found broken or whole again. */
export const Evidence = Type.Object({
  at: Instant,
  text: Type.String(),
  values: Type.Array(
    Type.Object({
      label: Type.String(),
      value: Type.Union([Type.String(), Type.Number(), Type.Boolean()]),
      observedAt: Type.Optional(Instant),
      receivedAt: Type.Optional(Instant),
    }),
  ),
});
export type Evidence = Static<typeof Evidence>;

export const ResponseState = Type.Union([
  Type.Literal('waiting-approval'),
  Type.Literal('denied'),
  Type.Literal('locking'),
  Type.Literal('locked'),
  Type.Literal('releasing'),
  Type.Literal('released'),
  Type.Literal('failed'),
]);
export type ResponseState = Static<typeof ResponseState>;

/** An automatic response (today: lock), a lease that ends by itself. */
export const Response = Type.Object({
  responseId: Type.String(),
  kind: Type.Literal('lock'),
  state: ResponseState,
  until: Type.Optional(Instant),
  steps: Type.Array(Type.Object({ at: Instant, text: Type.String(), commandId: Type.Optional(Type.String()) })),
});
export type Response = Static<typeof Response>;

export const Incident = Type.Object({
  incidentId: Type.String(),
  deviceId: Type.String(),
  endpoint: Type.String(),
  policyId: Type.String(),
  ruleId: Type.String(),
  rule: Type.String({ description: 'The rule in words' }),
  state: IncidentState,
  openedAt: Instant,
  clearedAt: Type.Optional(Instant),
  closedAt: Type.Optional(Instant),
  acknowledgedAt: Type.Optional(Instant),
  acknowledgedBy: Type.Optional(Type.String()),
  evidence: Type.Array(Evidence),
  responses: Type.Array(Response),
});
export type Incident = Static<typeof Incident>;

export const Approval = Type.Object({
  approvalId: Type.String(),
  createdAt: Instant,
  deviceId: Type.String(),
  endpoint: Type.String(),
  policyId: Type.String(),
  incidentId: Type.String(),
  action: Type.String({ description: 'What would be done, in words' }),
  reason: Type.String({ description: 'Why a person is asked' }),
  state: Type.Union([
    Type.Literal('waiting'),
    Type.Literal('approved'),
    Type.Literal('denied'),
    Type.Literal('obsolete'),
  ]),
  decidedBy: Type.Optional(Type.String()),
  decidedAt: Type.Optional(Instant),
});
export type Approval = Static<typeof Approval>;
