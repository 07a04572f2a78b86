import type {
  BodyOf,
  LivePresence,
  LiveSamples,
  ParamsOf,
  QueryOf,
  ResultOf,
  RouteName,
  TraceLine,
} from '@reeve/contract';
import type { Identity } from '../access/identity.ts';
import type { OrganisationId } from '../ids.ts';
import type { PublicRouteName } from './route-scopes.ts';

/** The session cookie of a request, and of its answer. */
export interface SessionCookie {
  /** Its secret, if the caller sent one. */
  readonly secret?: string;
  set(secret: string): void;
  clear(): void;
}

/** What the handler of a public route is called with: the validated request, of nobody in particular. */
export interface PublicCall<N extends RouteName> {
  readonly params: ParamsOf<N>;
  readonly query: QueryOf<N>;
  readonly body: BodyOf<N>;
  /** `Idempotency-Key`, if the caller sent one. */
  readonly idempotencyKey?: string;
  readonly session: SessionCookie;
  /** Aborted when the caller goes away. */
  readonly signal: AbortSignal;
}

/** What a handler is called with: the validated request and who made it. */
export interface Call<N extends RouteName> extends PublicCall<N>, Identity {}

/** Answers one route. Throws `ReeveError`; anything else becomes `internal`. */
type Handler<N extends RouteName> = (call: N extends PublicRouteName ? PublicCall<N> : Call<N>) => Promise<ResultOf<N>>;

/** One handler for every route of the contract. Each capability contributes its own. */
export type Handlers = { readonly [N in RouteName]: Handler<N> };

/** Live data beside the journal: not stored as events, gone if nobody listens. */
export type LiveEvent =
  | { readonly kind: 'samples'; readonly data: LiveSamples }
  | { readonly kind: 'presence'; readonly data: LivePresence };

/** What the event streams read from. */
export interface LiveFeed {
  /** Calls the listener for committed samples and presence changes of an organisation; returns how to stop. */
  watch(organisationId: OrganisationId, listener: (event: LiveEvent) => void): () => void;
  /** Decoded traffic of one device while somebody listens; throws `ReeveError` for an unknown device. */
  trace(organisationId: OrganisationId, deviceRef: string, listener: (line: TraceLine) => void): Promise<() => void>;
}
