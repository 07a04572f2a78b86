import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { ClientIdentity, SuiteName } from '@reeve/dtls';
import { generatedPsk } from '../../peers/leshan/driver.ts';
import { readMaterial } from './material.ts';
import type { DevicePlan } from './plan.ts';

/** The one suite that is offered, so that every server does the same work. */
export const suiteOf = (credential: DevicePlan['credential']): SuiteName =>
  credential === 'psk' ? 'TLS_PSK_WITH_AES_128_CCM_8' : 'TLS_ECDHE_ECDSA_WITH_AES_128_CCM_8';

const bytes = (base64: string): Buffer => Buffer.from(base64, 'base64');
const keyOf = (base64: string): KeyObject => createPrivateKey({ key: bytes(base64), format: 'der', type: 'pkcs8' });

/** Who device `index` is to DTLS. */
export function identities({ credential, material, serverKey }: DevicePlan): (index: number) => ClientIdentity {
  if (credential === 'none' || credential === 'psk') {
    return (index) => {
      const { identity, key } = generatedPsk(index);
      return { kind: 'psk', identity: Buffer.from(identity), key };
    };
  }
  if (material === undefined) throw new Error(`devices with a ${credential} need material`);
  const { devices, server } = readMaterial(material);
  return (index) => {
    const held = devices[index];
    if (!held) throw new Error(`there is no material for device ${index}`);
    const privateKey = keyOf(held.privateKey);
    if (credential === 'certificate') return { kind: 'certificate', chain: [bytes(held.certificate)], privateKey };
    const expected = bytes(serverKey ?? server.publicKey);
    return { kind: 'raw-key', publicKey: bytes(held.publicKey), privateKey, serverKey: expected };
  };
}
