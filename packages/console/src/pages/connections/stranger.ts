import type { FailedHandshake } from '@reeve/contract';
import { emptyCredential } from '../../components/credential/credentialForm.ts';
import { type DeviceDraft, emptyDevice } from '../fleet/deviceForm.ts';

/** The device that a stranger would be, as far as it told; undefined if it failed for another reason. */
export function strangerOf({ check, device, endpoint, presented }: FailedHandshake): DeviceDraft | undefined {
  if (device || (check !== 'unknown-identity' && check !== 'unknown-endpoint')) return undefined;
  const credential = (more: Partial<typeof emptyCredential>) => ({ ...emptyCredential, ...more });
  switch (presented?.kind) {
    case 'psk': {
      const { identity } = presented;
      // An identity of bytes that are no text makes no good name.
      const name = endpoint ?? (identity.startsWith('hex:') ? '' : identity);
      return {
        ...emptyDevice,
        endpoint: name,
        credential: credential({ texts: name === identity ? {} : { identity } }),
      };
    }
    case 'certificate': {
      const name = presented.names?.[0] ?? '';
      return {
        ...emptyDevice,
        endpoint: endpoint ?? name,
        credential: credential({ way: 'authority', texts: { name } }),
      };
    }
    case 'raw-key':
      return { ...emptyDevice, endpoint: endpoint ?? '', credential: credential({ way: 'raw-key' }) };
    case 'oscore':
      return { ...emptyDevice, endpoint: endpoint ?? '', credential: credential({ way: 'oscore' }) };
    default:
      // It came without DTLS.
      return endpoint === undefined ? undefined : { ...emptyDevice, endpoint, reach: 'nosec' };
  }
}
