import type { PresentedIdentity } from '@reeve/contract';
import type { HandshakeFacts } from '../link/handshake-facts.ts';
import { showIdentity } from '../registry/proofs.ts';
import type { Row } from '../store/tables.ts';

/** What a peer showed of itself, from its identity label (`psk:`, `rpk:`, `x509:` or `oscore:`) and what its certificate says. */
export function presentedOf({
  identity,
  handshake,
}: Pick<Row<'failedHandshakes'>, 'identity' | 'handshake'>): PresentedIdentity | undefined {
  if (identity === undefined) return undefined;
  const [kind, value = ''] = identity.split(':', 2);
  switch (kind) {
    case 'psk':
      return { kind: 'psk', identity: showIdentity(identity) };
    case 'oscore':
      return { kind: 'oscore', identity: showIdentity(identity) };
    case 'rpk':
      return { kind: 'raw-key', fingerprint: value };
    case 'x509':
      return { kind: 'certificate', fingerprint: value, ...certificateOf(handshake) };
    default:
      return undefined;
  }
}

function certificateOf(handshake: HandshakeFacts | undefined) {
  const { certificate } = handshake ?? {};
  return certificate && { ...certificate, names: [...certificate.names] };
}

/** What a peer showed of itself in a few words. */
export function nameOf(presented: PresentedIdentity): string {
  switch (presented.kind) {
    case 'psk':
      return presented.identity;
    case 'oscore':
      return `Sender ID ${presented.identity}`;
    case 'raw-key':
      return `raw key ${presented.fingerprint.slice(0, 16)}…`;
    case 'certificate':
      return presented.subject ?? `certificate ${presented.fingerprint.slice(0, 16)}…`;
  }
}

/** Every name by which a peer may mean itself: its PSK identity, or the names in its certificate. */
export function namesOf(presented: PresentedIdentity): string[] {
  switch (presented.kind) {
    case 'psk':
      return [presented.identity];
    case 'oscore':
    case 'raw-key':
      return [];
    case 'certificate':
      return presented.names ?? [];
  }
}
