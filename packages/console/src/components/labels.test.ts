import { describe, expect, it } from 'vitest';
import { labelsText, parseLabels } from './labels.ts';

describe('labels', () => {
  it('are read line by line, and written so', () => {
    const labels = { fleet: 'trucks', formula: 'a=b', note: 'two words' };
    expect(parseLabels('fleet = trucks\n\n note=two words \nformula=a=b')).toEqual({ ok: true, labels });
    expect(parseLabels(labelsText(labels))).toEqual({ ok: true, labels });
    expect(parseLabels('')).toEqual({ ok: true, labels: {} });
  });

  it('are refused by line', () => {
    expect(parseLabels('fleet=trucks\ntwo words=x')).toEqual({ ok: false, error: 'Line 2: "two words" is no key' });
    expect(parseLabels('=x')).toEqual({ ok: false, error: 'Line 1: "" is no key' });
  });
});
