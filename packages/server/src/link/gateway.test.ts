import { describe, expect, it } from 'vitest';
import type { RegistrationId } from '../ids.ts';
import { Decoder } from './decoder.ts';

const id = (text: string) => text as RegistrationId;
const terms = { version: '1.1', offer: { rootPath: '/', contentFormats: [], objects: [] } };
const behind = (prefix: string) => ({ ...terms, offer: { ...terms.offer, rootPath: `/${prefix}`, prefix } });

describe('registrations behind a gateway', () => {
  const open = () => {
    const decoder = new Decoder();
    decoder.register({ registrationId: id('gw'), ...terms });
    decoder.register({ registrationId: id('meter'), ...behind('d01'), through: id('gw') });
    return decoder;
  };

  it('are found by their prefix, until they or it are told anew or forgotten', () => {
    const decoder = open();
    expect(decoder.behind(id('gw'), 'd01')?.registrationId).toBe('meter');
    expect(decoder.behind(id('gw'), 'd02')).toBeUndefined();
    expect(decoder.behind(id('meter'), 'd01')).toBeUndefined();
    decoder.register({ registrationId: id('meter'), ...behind('d01'), through: id('gw-2') });
    expect(decoder.behind(id('gw'), 'd01')).toBeUndefined();
    decoder.register({ registrationId: id('other'), ...behind('d01'), through: id('gw-2') });
    decoder.forget(id('meter'));
    expect(decoder.behind(id('gw-2'), 'd01')?.registrationId).toBe('other');
    decoder.forget(id('other'));
    expect(decoder.behind(id('gw-2'), 'd01')).toBeUndefined();
  });

  it('are notified for over its session', () => {
    const decoder = open();
    decoder.observe(id('meter'), { path: '/3303/0', token: '01' }, id('gw'));
    decoder.observe(id('gw'), { path: '/3/0', token: '02' });
    expect(decoder.observed(id('gw'), '01')).toMatchObject({
      path: '/3303/0',
      registered: { registrationId: 'meter' },
    });
    expect(decoder.observed(id('gw'), '02')).toMatchObject({ path: '/3/0', registered: { registrationId: 'gw' } });
    expect(decoder.observed(id('meter'), '01')).toBeUndefined();
    decoder.forget(id('meter'));
    expect(decoder.observed(id('gw'), '01')).toBeUndefined();
  });
});
