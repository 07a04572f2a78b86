import { expect, it } from 'vitest';
import { call, openTestCore } from '../test-core.ts';
import { importHandlers } from './import.ts';

const key = '00112233445566778899aabbccddeeff';

it('an import tells of each credential by its own place, whatever is wrong with those before it', async () => {
  const core = await openTestCore();
  const handlers = importHandlers({ ...core, ...core.bootstrapping, sources: core.trust.sources });
  const psk = (identity: string, more = {}) => ({ kind: 'psk', identity, key, ...more }) as const;
  await core.handlers['devices.add'](call({ body: { endpoint: 'truck-1', identity: 'taken', key } }));
  const credentials = [psk('a', { suites: ['none'] }), psk('taken'), psk('b'), psk('b')];
  const imported = handlers['devices.import'](call({ body: { devices: [{ endpoint: 'truck-2', credentials }] } }));
  await expect(imported).rejects.toMatchObject({
    places: [
      { at: 'body/devices/0/credentials/0/suites' },
      { at: 'body/devices/0/credentials/1', message: 'a device has the identity "taken"' },
      { at: 'body/devices/0/credentials/3', message: 'the identity "b" is there twice' },
    ],
  });
});
