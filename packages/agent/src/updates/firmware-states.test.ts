import { describe, expect, it } from 'vitest';
import { FIRMWARE_STEPS, FirmwareResult, FirmwareState } from './firmware-states.ts';

const { idle, downloading, downloaded, updating } = FirmwareState;
const { none, updated, failed, cancelled, deferred } = FirmwareResult;
const step = (state: number, result: number | 'fault') => ({ state, result });

describe('object 5 (OMA Core Appendix E.6)', () => {
  it.each([
    [idle, 'begin', step(downloading, none)],
    [downloading, 'complete', step(downloaded, none)],
    [downloading, 'fault', step(idle, 'fault')],
    [downloading, 'reset', step(idle, none)],
    [downloaded, 'reset', step(idle, none)],
    [downloaded, 'execute', step(updating, none)],
    [downloaded, 'defer', step(downloaded, deferred)],
    [downloaded, 'cancel', step(idle, cancelled)],
    [downloading, 'cancel', step(idle, cancelled)],
    [updating, 'installed', step(idle, updated)],
    [updating, 'notInstalled', step(downloaded, failed)],
    [updating, 'fault', step(idle, 'fault')],
  ] as const)('P39: %i on %s', (from, event, to) => expect(FIRMWARE_STEPS[from][event]).toEqual(to));

  it.each([
    [idle, 'execute'],
    [downloading, 'execute'],
    [updating, 'execute'],
    [idle, 'cancel'],
    [updating, 'cancel'],
    [updating, 'reset'],
    [updating, 'begin'],
    [idle, 'installed'],
    [downloaded, 'installed'],
  ] as const)('P39: %i refuses %s', (from, event) => expect(FIRMWARE_STEPS[from][event]).toBeUndefined());
});
