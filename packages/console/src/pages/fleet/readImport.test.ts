import { describe, expect, it } from 'vitest';
import { readImport } from './readImport.ts';

const terms = { bootstrap: true, authority: 'fleet' };

describe('a file of devices', () => {
  it('is CSV, and keys that lack are made', () => {
    const read = readImport('devices.csv', 'name,site\na,Reno\n', terms);
    expect(read).toMatchObject({ ok: true, entries: [{ place: 'Line 2', made: true }] });
    expect(read.ok && read.entries[0]?.device).toEqual({
      endpoint: 'a',
      site: 'Reno',
      purpose: 'bootstrap',
      key: expect.stringMatching(/^[0-9a-f]{32}$/),
    });
  });

  it('is of Leshan if it is JSON', () => {
    const json = JSON.stringify([{ endpoint: 'a', tls: { mode: 'x509' } }]);
    expect(readImport('security.json', json, terms)).toMatchObject({
      ok: true,
      entries: [
        { made: false, device: { credentials: [{ kind: 'certificate', authority: 'fleet', purpose: 'bootstrap' }] } },
      ],
    });
    expect(readImport('security.json', json, { ...terms, authority: '' })).toEqual({
      ok: false,
      errors: [expect.stringContaining('Entry 1 (a): any certificate')],
    });
  });
});
