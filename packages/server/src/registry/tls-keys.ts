import type { LinkDown } from '../link/port.ts';
import type { CredentialRow, Credentials } from './credentials.ts';

type TlsKeys = Extract<LinkDown, { kind: 'tls-keys' }>;

/** Keys in one message to the link. */
const AT_ONCE = 1_000;

interface Options {
  readonly credentials: Credentials;
  readonly send: (message: LinkDown) => void;
}

/**
 * Hands the pre-shared keys of devices to the link, and every change of them: TLS has to know a key before its device
 * comes, while DTLS asks for it then. Only for servers with a socket of `coaps+tcp` that takes keys.
 */
export function handTlsKeys({ credentials, send }: Options): void {
  let put: TlsKeys['put'][number][] = [];
  for (const row of credentials.all()) {
    put.push(...entriesOf(row, credentials));
    if (put.length < AT_ONCE) continue;
    send({ kind: 'tls-keys', put, removed: [] });
    put = [];
  }
  send({ kind: 'tls-keys', put, removed: [] });
  credentials.watch((proof, row) => {
    const identity = identityOf(proof);
    if (identity === undefined) return;
    const entries = row ? entriesOf(row, credentials) : [];
    send({ kind: 'tls-keys', put: entries, removed: entries.length > 0 ? [] : [identity] });
  });
}

function entriesOf(row: CredentialRow, credentials: Credentials): TlsKeys['put'] {
  const { proof, credentialId: credential, purpose, suites, validFrom, validUntil } = row;
  const identity = identityOf(proof);
  const key = identity === undefined ? undefined : credentials.key(row);
  if (identity === undefined || key === undefined) return [];
  const entry = { identity, key: Uint8Array.from(key), credential, purpose, validFrom };
  return [{ ...entry, ...(suites ? { suites } : {}), ...(validUntil === undefined ? {} : { validUntil }) }];
}

/** The PSK identity of a proof, in hex. */
function identityOf(proof: string): string | undefined {
  return proof.startsWith('psk:') ? proof.slice('psk:'.length) : undefined;
}
