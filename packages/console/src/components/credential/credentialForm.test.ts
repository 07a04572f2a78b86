import { describe, expect, it } from 'vitest';
import { type CredentialDraft, credentialOf, emptyCredential, type Way } from './credentialForm.ts';

const of = (way: Way, texts: CredentialDraft['texts'], more: Partial<CredentialDraft> = {}) =>
  credentialOf({ ...emptyCredential, way, texts, ...more });

describe('the fields of a credential', () => {
  it('say no more than a person filled in', () => {
    expect(of('psk', {})).toEqual({ kind: 'psk' });
    expect(of('oscore', { senderId: '  ' })).toEqual({ kind: 'oscore' });
    expect(of('authority', { authority: 'fleet' })).toEqual({ kind: 'certificate', authority: 'fleet' });
  });

  it('take keys as people write them', () => {
    expect(of('psk', { identity: ' truck ', key: '00:11 22' })).toEqual({
      kind: 'psk',
      identity: 'truck',
      key: '001122',
    });
    expect(of('oscore', { senderId: '0a', aead: '10', key: 'ff' })).toEqual({
      kind: 'oscore',
      key: 'ff',
      oscore: { senderId: '0a', aead: 10 },
    });
  });

  it('leave out what belongs to another kind', () => {
    const texts = { identity: 'x', publicKey: 'pem', certificate: 'cert', name: 'n' };
    expect(of('raw-key', texts)).toEqual({ kind: 'raw-key', publicKey: 'pem' });
    expect(of('certificate', texts, { sameKey: true })).toEqual({
      kind: 'certificate',
      certificate: 'cert',
      sameKey: true,
    });
  });

  it('say what it is for, when it counts, and with which suites', () => {
    const texts = { validUntil: '2030-01-02T03:04', suites: 'TLS_A, TLS_B' };
    expect(of('psk', texts, { purpose: 'bootstrap' })).toEqual({
      kind: 'psk',
      purpose: 'bootstrap',
      validUntil: new Date('2030-01-02T03:04').getTime(),
      suites: ['TLS_A', 'TLS_B'],
    });
  });
});
