/** Where a client is in being bootstrapped (OMA Core §6.1). */
export type BootstrapState =
  | { readonly kind: 'idle' }
  /** The Client Hold Off Time runs (/0/x/11) until `until`, ms. */
  | { readonly kind: 'holdingOff'; readonly until: number }
  /** The link to the bootstrap server is being set up. */
  | { readonly kind: 'connecting' }
  /** The Bootstrap-Pack was asked for. */
  | { readonly kind: 'packing' }
  /** The Bootstrap-Request was sent. */
  | { readonly kind: 'requesting' }
  /** The bootstrap server writes; it fails if it says nothing until `until`, ms. */
  | { readonly kind: 'provisioning'; readonly until: number }
  /** The new accounts are in force; until `until`, ms, a lost answer to Finish can be asked for again. */
  | { readonly kind: 'finishing'; readonly until: number }
  /** It failed, and nothing has changed; what comes next comes at `until`, ms. */
  | { readonly kind: 'waiting'; readonly until: number };

export type BootstrapStateKind = BootstrapState['kind'];

export type BootstrapEvent =
  /** The client needs accounts: after the hold-off time, or at once because a server triggered it. */
  | 'begin'
  | 'trigger'
  | 'stop'
  /** The link is there; it is gone, or did not come up. */
  | 'up'
  | 'down'
  /** The bootstrap server took the Bootstrap-Request, or gave a pack that is good. */
  | 'accepted'
  /** It refused, does not answer, or gave a pack that is not good. */
  | 'refused'
  /** It asked for an operation. */
  | 'asked'
  /** It finished, and the accounts are consistent. */
  | 'finished'
  /** The time of the state has come. */
  | 'due';

type Row = Readonly<Record<BootstrapEvent, BootstrapStateKind>>;

/** A row in which everything but what is named leaves the state as it is; stopping ends every state. */
function row(stay: BootstrapStateKind, changes: Partial<Row>): Row {
  return {
    begin: stay,
    trigger: stay,
    stop: 'idle',
    up: stay,
    down: stay,
    accepted: stay,
    refused: stay,
    asked: stay,
    finished: stay,
    due: stay,
    ...changes,
  };
}

/**
 * What each event leads to. A server may write before its answer to the Bootstrap-Request arrives, so that counts as the
 * answer. Whatever breaks the session leads to `waiting`; from there and from `finishing` the client goes on by its accounts.
 */
export const BOOTSTRAP_TRANSITIONS: Readonly<Record<BootstrapStateKind, Row>> = {
  idle: row('idle', { begin: 'holdingOff', trigger: 'connecting' }),
  holdingOff: row('holdingOff', { due: 'connecting', trigger: 'connecting' }),
  connecting: row('connecting', { up: 'packing', down: 'waiting' }),
  packing: row('packing', { accepted: 'finishing', refused: 'requesting', down: 'waiting' }),
  requesting: row('requesting', {
    accepted: 'provisioning',
    asked: 'provisioning',
    refused: 'waiting',
    down: 'waiting',
    finished: 'finishing',
  }),
  provisioning: row('provisioning', { due: 'waiting', down: 'waiting', finished: 'finishing' }),
  finishing: row('finishing', { due: 'idle', down: 'idle' }),
  waiting: row('waiting', { due: 'idle' }),
};
