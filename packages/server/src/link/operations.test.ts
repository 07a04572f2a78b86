import { Code } from '@reeve/coap';
import { expect, it } from 'vitest';
import type { RegistrationId } from '../ids.ts';
import type { RequestRef } from './port.ts';
import { registrationId, TestOwner } from './test-owner.ts';

const meter = 'reg000000002' as RegistrationId;

it('says what a device behind a gateway answered, also if it went meanwhile: it has acted', () => {
  const test = new TestOwner();
  const gateway = test.connect();
  const { version, session, offer } = test.register(gateway);
  const behind = { ...offer, prefix: 'd01' };
  test.post({
    kind: 'restore',
    registrationId: meter,
    through: registrationId,
    version,
    offer: behind,
    observations: [],
  });
  gateway.answer = () => {
    test.post({ kind: 'unbind', registrationId: meter });
    return { code: Code.Changed };
  };
  const request = 1 as RequestRef;
  const operation = { kind: 'execute', path: '/3/0/4' } as const;
  test.post({ kind: 'perform', request, sessionId: session.sessionId, behind: meter, operation });
  test.settle();
  expect(gateway.requests).toHaveLength(1);
  expect(test.of('outcome').map(({ outcome }) => outcome)).toEqual([
    { kind: 'answered', code: Code.Changed, body: { kind: 'empty' } },
  ]);
});
