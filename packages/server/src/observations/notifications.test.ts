import { Code } from '@reeve/coap';
import { describe, expect, it } from 'vitest';
import { StoreError } from '../store/port.ts';
import { rest, sessionOf } from '../test-core.ts';
import { integer, observed } from './test-observed.ts';

describe('a notification', () => {
  it('is saved with the contact and what rules say of it, then accepted', async () => {
    const { core, control, device, rule } = await observed();
    control.batches.length = 0;
    core.time.now += 1_000;
    control.hold();
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    expect(core.accepted(exchange)).toBe(false);
    control.release();
    await rest();
    expect(core.accepted(exchange)).toBe(true);
    expect(control.batches).toHaveLength(1);
    const changes = control.batches[0]?.changes ?? [];
    expect(changes.map((c) => ('put' in c ? c.put : 'patch' in c ? c.patch : c.delete))).toEqual([
      'ruleStates',
      'contacts',
    ]);
    expect(control.batches[0]?.samples).toMatchObject([{ path: '/3/0/9', current: { clock: 'none' } }]);
    expect(await rule()).toMatchObject({ state: 'breached' });
    expect(device.registration?.lastContactAt).toBe(core.time.now);
  });

  it('that cannot be saved is not acknowledged: it is reset, and observed anew at the next contact', async () => {
    const { core, control, device, session, registrationId } = await observed();
    control.failure = new StoreError('busy', 'too much waits');
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    expect(core.accepted(exchange)).toBe(false);
    expect(core.rejected(exchange)).toBe(true);
    control.failure = undefined;
    expect(core.performed('observe')).toHaveLength(1);
    await core.update(session, registrationId);
    expect(core.performed('observe')).toHaveLength(2);
  });

  it.each([
    ['of another token', { token: 'ffff' }],
    ['of a path that nobody wants', { path: '/3/0/1' }],
    ['of another identity', { session: sessionOf('truck-2') }],
  ])('%s is reset and changes nothing', async (_, more) => {
    const { core, control, device } = await observed();
    control.batches.length = 0;
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }], more);
    expect(core.rejected(exchange)).toBe(true);
    expect(control.batches).toEqual([]);
  });

  it('over a new session is taken, and its session is noted', async () => {
    const { core, device } = await observed();
    const session = sessionOf('truck-1');
    await core.deliver({ kind: 'session-opened', at: core.time.now, session });
    expect(core.sentOf('bind').at(-1)).toMatchObject({ sessionId: session.sessionId });
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(50) }], { session });
    expect(core.accepted(exchange)).toBe(true);
    expect(device.session).toEqual(session);
    expect(core.performed('observe')).toHaveLength(2);
  });

  it('that waited behind a Register is of the registration before, and reset', async () => {
    const { core, control, device, session } = await observed();
    control.hold();
    const registered = core.register(session);
    await rest();
    const exchange = await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    control.release();
    await registered;
    await rest();
    expect(core.rejected(exchange)).toBe(true);
  });

  it('that ends the observation leaves the rule without sight', async () => {
    const { core, device, view, rule } = await observed();
    await core.notify(device, '/3/0/9', [], { ends: true, code: Code.NotFound, body: { kind: 'empty' } });
    expect(view()).toMatchObject([{ state: 'refused', reason: 'the device ended the observation' }]);
    expect(await rule()).toMatchObject({ state: 'cannot-evaluate' });
    expect(await core.store.list('observations')).toEqual([]);
  });

  it('is shown live only after its commit', async () => {
    const { core, control, device } = await observed();
    const events: string[] = [];
    core.live.watch(({ kind }) => events.push(kind));
    control.hold();
    await core.notify(device, '/3/0/9', [{ path: '/3/0/9', stored: integer(10) }]);
    expect(events).toEqual([]);
    control.release();
    await rest();
    expect(events).toEqual(['samples', 'presence']);
  });
});
