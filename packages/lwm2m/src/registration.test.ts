import { describe, expect, it } from 'vitest';
import { ResponseCode } from './codes.ts';
import { LIMITS } from './limits.ts';
import { parseRegisterQuery, parseUpdateQuery } from './registration.ts';

const register = (query: string) => parseRegisterQuery(query.split('&'));

describe('Register', () => {
  const full = { ok: true, endpoint: 'dev', lifetime: 60, version: '1.1', binding: 'U', queueMode: true, extra: {} };

  it.each([
    'ep=dev&lt=60&lwm2m=1.1&b=U&Q',
    'Q&b=U&lwm2m=1.1&ep=dev&lt=60',
    'ep=dev&lt=60&lwm2m=1.1&b=UQ',
    'ep=dev&lt=60&lwm2m=1.1&b=U&Q=',
  ])('RG-1: reads %s in any order and style', (query) => expect(register(query)).toEqual(full));

  it('gives 1.0 its defaults', () => {
    expect(register('ep=dev')).toEqual({
      ok: true,
      endpoint: 'dev',
      version: '1.0',
      lifetime: 86_400,
      binding: 'U',
      queueMode: false,
      extra: {},
    });
  });

  it('leaves the endpoint to the credential since 1.1', () => {
    expect(register('lt=60&lwm2m=1.2')).not.toHaveProperty('endpoint');
  });

  it('P42: keeps a lifetime of 0, which never ends', () => {
    expect(register('ep=dev&lt=0&lwm2m=1.2')).toMatchObject({ ok: true, lifetime: 0 });
  });

  it('keeps what it does not know', () => {
    expect(register('ep=a=b&lt=60&lwm2m=1.2&x=1&y&sms=4915&pid=6:27354b9a')).toMatchObject({
      endpoint: 'a=b',
      sms: '4915',
      profileId: '6:27354b9a',
      extra: { x: '1', y: null },
    });
  });

  it.each([
    ['6:27354b9a', '6:27354b9a'],
    ['"6:27354b9a"', '6:27354b9a'],
    ['"oma:tracker-1,5:0123456789abcdef"', 'oma:tracker-1,5:0123456789abcdef'],
  ])('PR-1: reads the profile %s', (written, profileId) =>
    expect(register(`ep=a&lt=1&lwm2m=1.2&pid=${written}`)).toMatchObject({ profileId }),
  );

  it.each([
    ['U', 'U', false],
    ['UQ', 'U', true],
    ['S', 'S', false],
    ['SQ', 'S', true],
    ['US', 'US', false],
    ['UQS', 'US', true],
    ['UQSQ', 'US', true],
  ])('RG-1: takes the binding %s of 1.0', (b, binding, queueMode) =>
    expect(register(`ep=a&lt=1&lwm2m=1.0&b=${b}`)).toMatchObject({ binding, queueMode }),
  );

  it.each([
    ['U', false],
    ['TU', false],
    ['UTSNMH', false],
    ['UTQ', true],
  ])('RG-1: takes the binding %s since 1.1, in any order', (b, queueMode) =>
    expect(register(`ep=a&lt=1&lwm2m=1.2&b=${b}`)).toMatchObject({ binding: b.replace('Q', ''), queueMode }),
  );

  it.each([
    ['1.1.1', '1.1'],
    ['1.2.2', '1.2'],
  ])('takes version %s for %s', (named, version) =>
    expect(register(`ep=a&lt=1&lwm2m=${named}`)).toMatchObject({ version }),
  );

  it.each(['2.0', '1.3', '', '1', '1.10'])('P25: refuses version %j with 4.12', (version) =>
    expect(register(`ep=a&lt=1&lwm2m=${version}`)).toMatchObject({ error: { code: ResponseCode.preconditionFailed } }),
  );

  it.each([
    ['1.0 without an endpoint', 'lt=60'],
    ['an empty endpoint', 'ep=&lt=60&lwm2m=1.1'],
    ['an endpoint without a value', 'ep&lt=60&lwm2m=1.1'],
    ['control characters', 'ep=a\nb&lt=60'],
    ['a long endpoint', `ep=${'é'.repeat(LIMITS.endpointBytes / 2 + 1)}&lt=60`],
    ['1.1 without a lifetime', 'ep=a&lwm2m=1.1'],
    ['a lifetime that is no number', 'ep=a&lt=-1'],
    ['a lifetime without a value', 'ep=a&lt'],
    ['a huge lifetime', 'ep=a&lt=99999999999'],
    ['an unknown binding', 'ep=a&b=X'],
    ['a parameter twice', 'ep=a&ep=b'],
    ['too many parameters', `ep=a${'&x'.repeat(LIMITS.queryParams)}`],
  ])('RG-6: refuses %s with 4.00', (_, query) =>
    expect(register(query)).toMatchObject({ ok: false, error: { code: ResponseCode.badRequest } }),
  );
});

describe('Update', () => {
  const update = (query: string) => parseUpdateQuery(query === '' ? [] : query.split('&'));
  it.each([
    ['', {}],
    ['lt=30', { lifetime: 30 }],
    ['b=UQ', { binding: 'U', queueMode: true }],
    ['b=U', { binding: 'U', queueMode: false }],
    ['Q', { queueMode: true }],
    ['sms=1', { sms: '1' }],
  ])('says only what changed: %j', (query, changed) =>
    expect(update(query)).toEqual({ ok: true, extra: {}, ...changed }),
  );
  it('refuses what is malformed', () =>
    expect(update('lt=x')).toMatchObject({ error: { code: ResponseCode.badRequest } }));
});
