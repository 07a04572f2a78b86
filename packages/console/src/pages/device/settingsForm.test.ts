import { describe, expect, it } from 'vitest';
import { changeOf, type SettingsDraft } from './settingsForm.ts';

const before: SettingsDraft = {
  labels: 'fleet=trucks',
  site: 'Reno',
  owner: '',
  model: 'T4',
  awakeSeconds: '93',
  downlinkBytesPerDay: '',
  smsNumber: '',
  wake: '',
  admitsBehind: false,
};

describe('changed settings of a device', () => {
  it('are nothing if nothing was changed', () => {
    expect(changeOf(before, before, { fleet: 'trucks' })).toEqual({});
  });

  it('are what was changed, and null for what was emptied', () => {
    const after = { ...before, site: ' ', owner: 'Ana', downlinkBytesPerDay: '5000', awakeSeconds: '', wake: 'never' };
    expect(changeOf(before, after, { fleet: 'trucks' })).toEqual({
      site: null,
      owner: 'Ana',
      awakeSeconds: null,
      downlinkBytesPerDay: 5000,
      wake: 'never',
    });
    expect(changeOf(after, { ...after, wake: '' }, {})).toEqual({ wake: null });
  });

  it('replace all labels once one was changed', () => {
    const after = { ...before, labels: 'a=1', admitsBehind: true };
    expect(changeOf(before, after, { a: '1' })).toEqual({ labels: { a: '1' }, admitsBehind: true });
  });
});
