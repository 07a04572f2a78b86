/** Objects that change the device: Firmware Update (OMA Core E.6), Lock and Wipe. */

import { MANDATORY, type ObjectHistory, resource } from './definition.ts';

const RESULTS = {
  0: 'none yet',
  1: 'updated',
  2: 'not enough flash memory',
  3: 'out of RAM',
  4: 'connection lost',
  5: 'integrity check failed',
  6: 'unsupported package type',
  7: 'invalid URI',
  8: 'update failed',
  9: 'unsupported protocol',
} as const;

/** Object 5. Resource 4 was withdrawn before 1.0. */
export const firmwareUpdate: ObjectHistory = {
  id: 5,
  name: 'Firmware Update',
  versions: [
    [
      '1.0',
      [
        resource(0, 'Package', 'W', 'opaque', MANDATORY),
        resource(1, 'Package URI', 'RW', 'string', { mandatory: true, range: [0, 255] }),
        resource(2, 'Update', 'E', 'none', MANDATORY),
        resource(3, 'State', 'R', 'integer', {
          mandatory: true,
          range: [0, 3],
          names: { 0: 'idle', 1: 'downloading', 2: 'downloaded', 3: 'updating' },
        }),
        resource(5, 'Update Result', 'R', 'integer', { mandatory: true, range: [0, 9], names: RESULTS }),
        resource(6, 'PkgName', 'R', 'string', { range: [0, 255] }),
        resource(7, 'PkgVersion', 'R', 'string', { range: [0, 255] }),
        resource(8, 'Firmware Update Protocol Support', 'R', 'integer', {
          multiple: true,
          range: [0, 5],
          names: { 0: 'CoAP', 1: 'CoAPS', 2: 'HTTP 1.1', 3: 'HTTPS 1.1', 4: 'CoAP over TCP', 5: 'CoAP over TLS' },
        }),
        resource(9, 'Firmware Update Delivery Method', 'R', 'integer', {
          mandatory: true,
          range: [0, 2],
          names: { 0: 'pull', 1: 'push', 2: 'both' },
        }),
      ],
    ],
    [
      '1.1',
      [
        resource(5, 'Update Result', 'R', 'integer', {
          mandatory: true,
          range: [0, 11],
          names: { ...RESULTS, 10: 'cancelled', 11: 'deferred' },
        }),
        resource(10, 'Cancel', 'E', 'none'),
        resource(11, 'Severity', 'RW', 'integer', {
          range: [0, 2],
          names: { 0: 'critical', 1: 'mandatory', 2: 'optional' },
        }),
        resource(12, 'Last State Change Time', 'R', 'time'),
        resource(13, 'Maximum Defer Period', 'RW', 'unsigned', { units: 's' }),
      ],
    ],
    ['1.2', [resource(14, 'Automatic Upgrade at Download', 'RW', 'boolean')]],
  ],
};

/** Object 8. */
export const lockAndWipe: ObjectHistory = {
  id: 8,
  name: 'Lock and Wipe',
  versions: [
    [
      '1.0',
      [
        resource(0, 'State', 'RW', 'integer', {
          mandatory: true,
          range: [0, 2],
          names: { 0: 'unlocked', 1: 'partially locked', 2: 'fully locked' },
        }),
        resource(1, 'Lock target', 'W', 'string', { multiple: true, mandatory: true }),
        resource(2, 'Wipe item', 'R', 'string', { multiple: true }),
        resource(3, 'Wipe', 'E', 'none', MANDATORY),
        resource(4, 'Wipe target', 'W', 'string', { multiple: true, mandatory: true }),
        resource(5, 'Lock or Wipe Operation Result', 'R', 'integer', {
          mandatory: true,
          range: [0, 8],
          names: {
            0: 'none yet',
            1: 'partial lock successful',
            2: 'full lock successful',
            3: 'unlock successful',
            4: 'wipe successful',
            5: 'partial lock failed',
            6: 'full lock failed',
            7: 'unlock failed',
            8: 'wipe failed',
          },
        }),
      ],
    ],
  ],
};
