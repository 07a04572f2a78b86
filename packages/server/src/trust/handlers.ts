import type { AuthorityAdd, Authority as AuthorityView, RevocationSource } from '@reeve/contract';
import { authorityDefect } from '@reeve/dtls';
import { ReeveError } from '../errors.ts';
import type { Call, Handlers } from '../http/handlers.ts';
import { type Millis, newId, type OrganisationId } from '../ids.ts';
import type { CredentialRow, Credentials } from '../registry/credentials.ts';
import { deletionOf } from '../registry/credentials.ts';
import type { SessionEnder } from '../registry/end-sessions.ts';
import type { Fleet } from '../registry/fleet.ts';
import { type Change, type Store, StoreError } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import type { Authorities, Authority } from './authorities.ts';
import { readCertificate, readDer, refused } from './encoded.ts';
import { trustLimits } from './limits.ts';
import { firstRow, type ListRefresh } from './refresh.ts';
import { type RevocationLists, readList, statusOf } from './revocation.ts';
import type { SeenCertificates } from './seen.ts';
import type { ServerIdentities } from './server-identity.ts';

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly credentials: Credentials;
  readonly authorities: Authorities;
  readonly lists: RevocationLists;
  readonly refresh: ListRefresh;
  readonly seen: SeenCertificates;
  readonly ender: SessionEnder;
  readonly identities: ServerIdentities;
  readonly now: () => Millis;
}

type TrustRoute =
  | 'authorities.list'
  | 'authorities.add'
  | 'authorities.change'
  | 'authorities.refresh'
  | 'authorities.remove'
  | 'server.identity';

/** Routes of certificate authorities, their revocation lists, and of what the server itself shows to devices. */
export function trustHandlers(o: Options): Pick<Handlers, TrustRoute> {
  const find = (organisationId: OrganisationId, ref: string): Authority => {
    const authority = o.authorities.find(organisationId, ref);
    if (authority) return authority;
    throw new ReeveError('no-such-thing', `There is no authority "${ref}": see \`reeve ca ls\``);
  };
  const under = ({ row: { authorityId } }: Authority): CredentialRow[] =>
    [...o.credentials.all()].filter((row) => row.authorityId === authorityId);

  const view = (authority: Authority): AuthorityView => {
    const { authorityId, name, mapping, createdAt } = authority.row;
    const { subject, fingerprint, notAfter } = authority.certificate;
    const held = o.lists.get(authorityId);
    return {
      authorityId,
      name,
      mapping,
      createdAt,
      subject: subject.text,
      fingerprint,
      notAfter,
      devices: new Set(under(authority).map(({ deviceId }) => deviceId)).size,
      ...(held ? { revocation: statusOf(held, o.now()) } : {}),
    };
  };

  /**
   * Sets where the list comes from; to be called alone with the authority. What people bring is taken at once, and refused
   * if it is none of this authority.
   */
  const setSource = async (authority: Authority, source: RevocationSource, actor: Call<'authorities.add'>['actor']) => {
    const now = o.now();
    const held = o.lists.get(authority.row.authorityId);
    const { url: _, lastError: __, ...known } = held?.row ?? {};
    const row = { ...known, ...firstRow(authority, source.url, now) };
    if (source.list === undefined) {
      await o.store.commit({ changes: [{ put: 'revocationLists', row }] });
      o.lists.put(row, held?.list);
      return;
    }
    const wrong = await o.refresh.take(
      authority,
      readDer(source.list, 'revocation list', 'body/revocation/list'),
      row,
      now,
      actor,
    );
    if (wrong !== undefined) throw refused('body/revocation/list', `can't be used: ${wrong}`);
  };

  return {
    'authorities.list': async ({ organisationId }) => ({ items: o.authorities.of(organisationId).map(view) }),

    'authorities.add': async ({ organisationId, body, actor }) => {
      const known = o.authorities.of(organisationId);
      if (known.length >= trustLimits.authorities) {
        throw new ReeveError('too-many', `There are ${trustLimits.authorities} authorities already: remove one first`);
      }
      const authority = newAuthority(organisationId, body, o.now());
      const { authorityId, name } = authority.row;
      const { fingerprint } = authority.certificate;
      const same = known.find(({ certificate }) => certificate.fingerprint === fingerprint);
      if (same) throw new ReeveError('name-taken', `This certificate is here already, as "${same.row.name}"`);
      checkList(authority, body.revocation);
      await o.store
        .commit({
          changes: [{ put: 'authorities', row: authority.row }],
          journal: [
            {
              type: 'authority.added',
              at: o.now(),
              organisationId,
              actor,
              payload: { authorityId, name, fingerprint },
            },
          ],
        })
        .catch((error) => {
          if (error instanceof StoreError && error.kind === 'conflict') {
            throw new ReeveError('name-taken', `There is an authority "${name}" already: give it another --name`);
          }
          throw error;
        });
      o.authorities.put(authority);
      const { revocation } = body;
      if (revocation) await o.refresh.alone(authorityId, () => setSource(authority, revocation, actor));
      await o.refresh.fetch(authority, o.now());
      return view(authority);
    },

    'authorities.change': async ({ organisationId, params, body, actor }) => {
      const { authorityId } = find(organisationId, params.id).row;
      const changed = await o.refresh.alone(authorityId, async () => {
        const authority = find(organisationId, authorityId);
        const { name } = authority.row;
        const { mapping = authority.row.mapping, revocation } = body;
        checkList(authority, revocation ?? undefined);
        const row = { ...authority.row, mapping };
        // Whom the certificates name may be another now: everybody has to show one again.
        const seen = mapping === authority.row.mapping ? [] : o.seen.under(authorityId);
        const changes: Change[] = [{ put: 'authorities', row }, ...o.seen.deletions(seen)];
        if (revocation === null) changes.push({ delete: 'revocationLists', key: { authorityId } });
        const payload = { authorityId, name, fields: Object.keys(body) };
        await o.store.commit({
          changes,
          journal: [{ type: 'authority.changed', at: o.now(), organisationId, actor, payload }],
        });
        const next: Authority = { ...authority, row };
        o.authorities.put(next);
        endSeen(seen);
        if (revocation === null) o.lists.remove(authorityId);
        else if (revocation) await setSource(next, revocation, actor);
        return next;
      });
      if (body.revocation) await o.refresh.fetch(changed, o.now());
      return view(changed);
    },

    'authorities.refresh': async ({ organisationId, params }) => {
      const authority = find(organisationId, params.id);
      if (o.lists.get(authority.row.authorityId)?.row.url === undefined) {
        throw new ReeveError('wrong-state', `No URL is set for the revocation list of "${authority.row.name}"`);
      }
      await o.refresh.fetch(authority, o.now());
      return view(authority);
    },

    'authorities.remove': async ({ organisationId, params, actor }) => {
      const { authorityId } = find(organisationId, params.id).row;
      return o.refresh.alone(authorityId, async () => {
        const authority = find(organisationId, authorityId);
        const { name } = authority.row;
        const gone = under(authority);
        const seen = o.seen.under(authorityId);
        await o.store.commit({
          changes: [
            { delete: 'authorities', key: { authorityId } },
            { delete: 'revocationLists', key: { authorityId } },
            ...gone.map(deletionOf),
            ...o.seen.deletions(seen),
          ],
          journal: [
            {
              type: 'authority.removed',
              at: o.now(),
              organisationId,
              actor,
              payload: { authorityId, name, credentials: gone.length },
            },
          ],
        });
        for (const row of gone) o.credentials.remove(row);
        endSeen(seen);
        o.authorities.remove(authorityId);
        o.lists.remove(authorityId);
        return undefined;
      });
    },

    'server.identity': async () => o.identities.view(),
  };

  /** After the commit. */
  function endSeen(seen: readonly Row<'seenCertificates'>[]): void {
    for (const { deviceId, identity } of seen) o.ender.endIdentity(o.fleet.get(deviceId), identity);
    o.seen.forget(seen);
  }
}

/** @throws ReeveError `invalid-request` for a certificate that is no authority's */
function newAuthority(organisationId: OrganisationId, body: AuthorityAdd, now: Millis): Authority {
  const certificate = readCertificate(body.certificate, 'body/certificate');
  const defect = authorityDefect(certificate);
  if (defect) throw refused('body/certificate', `can't be trusted: ${defect.detail}`);
  if (certificate.notAfter < now) throw refused('body/certificate', 'has expired');
  const authorityId = newId.authority();
  const row: Row<'authorities'> = {
    organisationId,
    authorityId,
    name: body.name ?? nameFor(certificate.subject.commonName) ?? authorityId,
    certificate: certificate.der,
    mapping: body.mapping ?? 'cn',
    createdAt: now,
  };
  return { row, certificate };
}

/** A common name that can be typed. */
function nameFor(commonName: string | undefined): string | undefined {
  return (
    commonName
      ?.replace(/[^A-Za-z0-9 ._-]+/g, '-')
      .slice(0, 64)
      .replace(/^[^A-Za-z0-9]+/, '') || undefined
  );
}

/** Before anything is stored: a list that people bring must be this authority's. @throws ReeveError `invalid-request` */
function checkList(authority: Authority, source: RevocationSource | undefined): void {
  if (source?.list === undefined) return;
  const at = 'body/revocation/list';
  const read = readList(readDer(source.list, 'revocation list', at), authority);
  if ('error' in read) throw refused(at, `can't be used: ${read.error}`);
}
