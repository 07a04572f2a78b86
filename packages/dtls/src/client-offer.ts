/** What a client offers in its ClientHello. */
import { GROUPS, type GroupName, SIGNATURE_SCHEME_NAMES, SIGNATURE_SCHEMES } from './algorithms.ts';
import {
  CertificateType,
  EXTENSIONS,
  FRAGMENT_LENGTHS,
  hostName,
  offer,
  PRESENT,
  UNCOMPRESSED_POINTS,
} from './extensions.ts';
import { identityLabel } from './identity.ts';
import type { Extension } from './messages.ts';
import type { ClientOptions } from './options.ts';
import type { ResumptionState } from './resumption.ts';
import type { Suite } from './suites.ts';

/** All that the server may choose from. */
export interface Offer {
  readonly suites: readonly Suite[];
  readonly groups: readonly GroupName[];
  readonly extensions: readonly Extension[];
  /** The session that the client wants to resume. */
  readonly session: ResumptionState | undefined;
  /** Ours, for the server to send with; nothing if we offer none. */
  readonly connectionId: Uint8Array | undefined;
}

/** @param kept a session to resume, which is offered only if it is with whom the options mean */
export function makeOffer(
  options: ClientOptions,
  suites: readonly Suite[],
  groups: readonly GroupName[],
  kept: ResumptionState | undefined,
): Offer {
  const session = kept && isMeant(options, kept) ? kept : undefined;
  const { connectionId: wish = 'none' } = options;
  const connectionId = wish === 'none' ? undefined : wish === 'zero-length' ? new Uint8Array(0) : wish;
  const extensions = [...offers(options, suites, groups), ...sessionOffers(options, session, connectionId)];
  return { suites, groups, extensions, session, connectionId };
}

/** Nothing that the server shows is looked at when a session is resumed: so it has been, and by the same measure. */
function isMeant({ identity, serverName = '' }: ClientOptions, kept: ResumptionState): boolean {
  if (kept.serverName !== serverName) return false;
  switch (identity.kind) {
    case 'psk':
      return kept.identity === identityLabel(identity);
    case 'raw-key':
      return kept.identity === identityLabel({ kind: 'raw-key', publicKey: identity.serverKey });
    case 'certificate':
      return kept.identity.startsWith('x509:');
  }
}

/** What concerns keys, identities and the size of records. */
function offers(options: ClientOptions, suites: readonly Suite[], groups: readonly GroupName[]): Extension[] {
  const { identity, serverName, maxFragmentLength, recordSizeLimit } = options;
  const extensions = [offer(EXTENSIONS.extendedMasterSecret, PRESENT)];
  if (suites.some(({ cipher }) => cipher.kind === 'cbc')) extensions.push(offer(EXTENSIONS.encryptThenMac, PRESENT));
  if (suites.some(({ keyExchange }) => keyExchange !== 'psk')) {
    extensions.push(
      offer(
        EXTENSIONS.supportedGroups,
        groups.map((name) => GROUPS[name].id),
      ),
      offer(EXTENSIONS.pointFormats, [UNCOMPRESSED_POINTS]),
    );
  }
  if (identity.kind !== 'psk') {
    const schemes = SIGNATURE_SCHEME_NAMES.map((name) => SIGNATURE_SCHEMES[name].id);
    extensions.push(offer(EXTENSIONS.signatureSchemes, schemes));
  }
  if (identity.kind === 'raw-key') {
    const types = [CertificateType.RAW_PUBLIC_KEY];
    extensions.push(offer(EXTENSIONS.clientCertificateType, types), offer(EXTENSIONS.serverCertificateType, types));
  }
  if (serverName !== undefined) extensions.push(offer(EXTENSIONS.serverName, hostName(serverName)));
  if (maxFragmentLength !== undefined) {
    extensions.push(offer(EXTENSIONS.maxFragmentLength, FRAGMENT_LENGTHS.indexOf(maxFragmentLength) + 1));
  }
  if (recordSizeLimit !== undefined) extensions.push(offer(EXTENSIONS.recordSizeLimit, recordSizeLimit));
  return extensions;
}

function sessionOffers(
  { resumption }: ClientOptions,
  session: ResumptionState | undefined,
  connectionId: Uint8Array | undefined,
): Extension[] {
  const extensions: Extension[] = [];
  if (connectionId !== undefined) extensions.push(offer(EXTENSIONS.connectionId, connectionId));
  const ticket = session?.ticket ?? (resumption?.tickets ? PRESENT : undefined);
  if (ticket !== undefined) extensions.push(offer(EXTENSIONS.sessionTicket, ticket));
  return extensions;
}
