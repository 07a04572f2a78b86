/** The asymmetric cryptography of a handshake: what each state wants computed, and what the results mean. */
import type { CryptoResult, CryptoTask } from './compute.ts';
import type { Handshake } from './handshake.ts';
import type { Objection } from './objection.ts';
import type { Answer } from './states.ts';

/** The task to make our ephemeral key pair. */
export function generateTask({ group }: Handshake): CryptoTask | undefined {
  return group && { kind: 'generate', group };
}

/** The task to agree on a secret with the peer's ephemeral key. */
export function agreeTask({ group, keyPair, peerPublicKey }: Handshake): CryptoTask | undefined {
  if (group === undefined || keyPair === undefined || peerPublicKey === undefined) return undefined;
  return { kind: 'agree', group, privateKey: keyPair.privateKey, publicKey: peerPublicKey };
}

/** The task to check that the peer holds the private key of what it presented. */
export function verifyTask({ peer, proof }: Handshake): CryptoTask | undefined {
  return peer && proof && { kind: 'verify', publicKey: peer.publicKey, ...proof };
}

/** Takes the result of a task in. @returns the event that it is, or what is wrong */
export function takeResult(handshake: Handshake, result: CryptoResult): Answer | Objection {
  switch (result.kind) {
    case 'generated':
      handshake.keyPair = { privateKey: result.privateKey, publicKey: result.publicKey };
      return 'generated';
    case 'agreed':
      handshake.agreed = result.secret;
      return 'agreed';
    case 'signed':
      handshake.signature = result.signature;
      return 'signed';
    case 'verified':
      if (result.valid) return 'verified';
      return {
        check: 'bad-signature',
        detail: 'the peer does not hold the private key of what it presented, or saw another handshake',
        alert: 'decrypt_error',
      };
    case 'failed':
      return failure(handshake, result.reason);
  }
}

function failure({ state }: Handshake, reason: 'invalid' | 'overloaded'): Objection {
  if (reason === 'overloaded') {
    return { check: 'limit', detail: 'too much cryptography is waiting to be computed', alert: 'internal_error' };
  }
  if (state.endsWith('key-agreement')) {
    return {
      check: 'malformed',
      detail: 'the ephemeral public key of the peer is no point of its group',
      alert: 'illegal_parameter',
    };
  }
  if (state.endsWith('verification')) {
    return { check: 'bad-certificate', detail: 'the public key of the peer is no key', alert: 'bad_certificate' };
  }
  return { check: 'malformed', detail: 'our own key can not be used', alert: 'internal_error' };
}
