import type { VerifyTask } from '@reeve/dtls';
import { verifyOnPool } from '@reeve/dtls';
import type { ServerUris } from '../bootstrap/uris.ts';
import type { AuthorityId, Millis, OrganisationId } from '../ids.ts';
import { suiteNames } from '../link/dtls-settings.ts';
import type { LinkDown } from '../link/port.ts';
import type { After } from '../notices/send.ts';
import type { CredentialRow, Credentials, Purpose } from '../registry/credentials.ts';
import { sessionEnder } from '../registry/end-sessions.ts';
import type { Fleet } from '../registry/fleet.ts';
import type { CredentialSources, ServerFacts } from '../registry/new-credential.ts';
import { isLabel } from '../registry/proofs.ts';
import type { Store } from '../store/port.ts';
import type { Sealer } from '../store/sealing.ts';
import { Admission } from './admission.ts';
import { Authorities } from './authorities.ts';
import type { IdentityFiles } from './certificate-files.ts';
import { SignatureChecks } from './checks.ts';
import { ExpiryAdmissions, expiryHandlers } from './expiry.ts';
import { trustHandlers } from './handlers.ts';
import { trustLimits } from './limits.ts';
import { ListRefresh } from './refresh.ts';
import { RevocationLists, statusOf } from './revocation.ts';
import { SeenCertificates } from './seen.ts';
import { ending, ServerIdentities } from './server-identity.ts';
import { openServerKey } from './server-key.ts';

/** What trust needs from outside the server. */
export interface TrustOptions {
  /** Certificate chains of the server. */
  readonly files: readonly IdentityFiles[];
  /** What a socket does with certificates whose authority's revocation list is stale. */
  readonly staleLists: (ingress: number) => 'accept' | 'refuse';
  /** What a socket is for. */
  readonly purposeOf: (ingress: number) => Purpose;
  readonly fetch: typeof globalThis.fetch;
  readonly after: After;
  /** In [0, 1). */
  readonly random: () => number;
  /** Checks a signature on another thread. */
  readonly verify?: (task: VerifyTask) => Promise<boolean>;
}

interface Options extends TrustOptions {
  readonly store: Store;
  readonly sealer: Sealer;
  readonly organisationId: OrganisationId;
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  /** Where devices reach the server. */
  readonly uris: () => ServerUris;
  readonly send: (message: LinkDown) => void;
  readonly now: () => Millis;
}

/** Joins whom the server trusts, and what it proves itself with. @throws Error if a configured certificate can't be used */
export async function openTrust(options: Options) {
  const { store, sealer, organisationId, fleet, credentials, send, now } = options;
  const { files, staleLists, purposeOf, fetch, after, random, verify = verifyOnPool } = options;
  const authorities = await Authorities.load(store);
  const lists = await RevocationLists.load(store, authorities);
  const expiry = await ExpiryAdmissions.load(store);
  const seen = await SeenCertificates.load(store);
  const key = await openServerKey(store, sealer, organisationId, now());
  const identities = await ServerIdentities.open({ store, organisationId, key, files, send });
  const identitiesOf = (row: CredentialRow) =>
    isLabel(row.proof) ? [row.proof] : seen.by(row).map(({ identity }) => identity);
  const ender = sessionEnder({ fleet, send, identitiesOf });
  const refresh = new ListRefresh({ store, fleet, authorities, lists, seen, ender, fetch, after, random });
  const sources: CredentialSources = {
    credentials,
    authority: (organisation, ref) => authorities.find(organisation, ref)?.row.authorityId,
    suites: suiteNames,
  };
  let expiredUntil = now();
  const { check } = new SignatureChecks(verify);
  const admission = new Admission({
    fleet,
    credentials,
    authorities,
    lists,
    expiry,
    seen,
    ender,
    check,
    staleLists,
    purposeOf,
  });
  return {
    authorities,
    expiry,
    seen,
    identities,
    ender,
    refresh,
    admission,
    /** What devices have to know of the server. */
    facts: (): ServerFacts => {
      const { bootstrap, plainBootstrap } = options.uris();
      return {
        ...identities.facts(),
        ...(bootstrap === undefined ? {} : { bootstrapUri: bootstrap }),
        ...(plainBootstrap === undefined ? {} : { plainBootstrapUri: plainBootstrap }),
      };
    },
    authorityName: (authorityId: AuthorityId) => authorities.get(authorityId)?.row.name,

    /** What credentials are made of. */
    sources,

    handlers: () => ({
      ...trustHandlers({ store, fleet, credentials, authorities, lists, refresh, seen, ender, identities, now }),
      ...expiryHandlers({ store, fleet, admissions: expiry, seen, ender, now }),
    }),

    /** What people should know: lists that are stale now or soon, certificates that end. */
    warnings(at: Millis): string[] {
      const ofAuthorities = [...authorities.all()].flatMap(
        ({ row: { authorityId, name }, certificate: { notAfter } }) => {
          const held = lists.get(authorityId);
          const state = held && statusOf(held, at).state;
          return [
            ...(notAfter - at < trustLimits.expiryWarning
              ? [`The certificate authority ${name} ${ending(notAfter, at)}.`]
              : []),
            ...(state === 'stale' ? [`The revocation list of ${name} is stale.`] : []),
            ...(state === 'soon-stale' ? [`The revocation list of ${name} will be stale soon.`] : []),
            ...(state === 'none' ? [`The revocation list of ${name} could not be fetched yet.`] : []),
          ];
        },
      );
      return [...identities.warnings(at), ...ofAuthorities];
    },

    /** Ends the sessions of certificates that expired, or were admitted nonetheless until now; called every minute. */
    expire(at: Millis): void {
      const since = expiredUntil;
      expiredUntil = at;
      for (const { deviceId, identity, notAfter } of seen.all()) {
        const end = Math.max(notAfter + 1, expiry.get(deviceId)?.until ?? 0);
        if (since < end && end <= at) ender.endIdentity(fleet.get(deviceId), identity);
      }
    },
  };
}

export type Trust = Awaited<ReturnType<typeof openTrust>>;
