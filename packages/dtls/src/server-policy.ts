/** What a server allows, as its options say. */
import type { GroupName } from './algorithms.ts';
import type { ClientKind, ServerIdentity, ServerOptions } from './options.ts';
import type { Suite } from './suites.ts';

export interface ServerPolicy {
  readonly suites: readonly Suite[];
  readonly groups: readonly GroupName[];
  readonly clientKinds: readonly ClientKind[];
  /** With names in lower case. */
  readonly identities: readonly ServerIdentity[];
  readonly requireExtendedMasterSecret: boolean;
}

const ALL_KINDS: readonly ClientKind[] = ['psk', 'raw-key', 'certificate'];

export function policyOf(
  { identities = [], clientKinds = ALL_KINDS, requireExtendedMasterSecret = false }: ServerOptions,
  suites: readonly Suite[],
  groups: readonly GroupName[],
): ServerPolicy {
  return { suites, groups, clientKinds, identities: withLowerCaseNames(identities), requireExtendedMasterSecret };
}

export function withIdentities(policy: ServerPolicy, identities: readonly ServerIdentity[]): ServerPolicy {
  return { ...policy, identities: withLowerCaseNames(identities) };
}

/** Host names are compared without regard to case (RFC 6066 §3). */
function withLowerCaseNames(identities: readonly ServerIdentity[]): readonly ServerIdentity[] {
  return identities.map((identity) =>
    identity.serverNames === undefined
      ? identity
      : { ...identity, serverNames: identity.serverNames.map((name) => name.toLowerCase()) },
  );
}
