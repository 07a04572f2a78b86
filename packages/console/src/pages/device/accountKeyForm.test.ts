import { describe, expect, it } from 'vitest';
import { keysOf } from './accountKeyForm.ts';

describe('the keys of an account, as they are typed', () => {
  it('are whole before they can be sent', () => {
    expect(keysOf('psk', { identity: 'meter-1' })).toBeUndefined();
    expect(keysOf('psk', { identity: ' meter-1 ', key: '00ff', salt: '00' })).toEqual({
      identity: 'meter-1',
      key: '00ff',
    });
    const oscore = { key: '00ff', senderId: '0a', recipientId: '0b' };
    expect(keysOf('oscore', oscore)).toEqual(oscore);
    expect(keysOf('oscore', { ...oscore, salt: '01' })).toEqual({ ...oscore, salt: '01' });
  });

  it('lose the frame of PEM', () => {
    const pem = (label: string) => `-----BEGIN ${label}-----\nAA+B\nCC==\n-----END ${label}-----\n`;
    const texts = { publicKey: pem('CERTIFICATE'), privateKey: pem('PRIVATE KEY'), serverPublicKey: 'AA+BCC==' };
    const bare = 'AA+BCC==';
    expect(keysOf('certificate', texts)).toEqual({ publicKey: bare, privateKey: bare, serverPublicKey: bare });
  });
});
