/** Objects that say which servers a device trusts: Security, Server and Access Control (OMA Core Appendix E.1 … E.3). */

import { MANDATORY, MULTIPLE, type ObjectHistory, resource, SECONDS } from './definition.ts';

const UINT16 = { range: [0, 65_535] } as const;

/** Object 0. Only the bootstrap server may touch it. */
export const security: ObjectHistory = {
  id: 0,
  name: 'LWM2M Security',
  multiple: true,
  mandatory: true,
  versions: [
    [
      '1.0',
      [
        resource(0, 'LWM2M Server URI', '', 'string', { mandatory: true, range: [0, 255] }),
        resource(1, 'Bootstrap-Server', '', 'boolean', MANDATORY),
        resource(2, 'Security Mode', '', 'integer', {
          mandatory: true,
          range: [0, 4],
          names: {
            0: 'pre-shared key',
            1: 'raw public key',
            2: 'certificate',
            3: 'no security',
            4: 'certificate with EST',
          },
        }),
        resource(3, 'Public Key or Identity', '', 'opaque', MANDATORY),
        resource(4, 'Server Public Key', '', 'opaque', MANDATORY),
        resource(5, 'Secret Key', '', 'opaque', MANDATORY),
        resource(6, 'SMS Security Mode', '', 'integer', {
          range: [0, 255],
          names: { 1: 'DTLS', 2: 'secure packet structure', 3: 'no security' },
        }),
        resource(7, 'SMS Binding Key Parameters', '', 'opaque', { range: [6, 6] }),
        resource(8, 'SMS Binding Secret Key(s)', '', 'opaque', { range: [16, 48] }),
        resource(9, 'LwM2M Server SMS Number', '', 'string'),
        resource(10, 'Short Server ID', '', 'integer', { range: [1, 65_534] }),
        resource(11, 'Client Hold Off Time', '', 'integer', SECONDS),
        resource(12, 'Bootstrap-Server Account Timeout', '', 'integer', SECONDS),
      ],
    ],
    [
      '1.1',
      [
        resource(13, 'Matching Type', '', 'unsigned', {
          range: [0, 3],
          names: { 0: 'exact', 1: 'SHA-256', 2: 'SHA-384', 3: 'SHA-512' },
        }),
        resource(14, 'SNI', '', 'string'),
        resource(15, 'Certificate Usage', '', 'unsigned', {
          range: [0, 3],
          names: {
            0: 'CA constraint',
            1: 'service certificate constraint',
            2: 'trust anchor assertion',
            3: 'domain-issued certificate',
          },
        }),
        resource(16, 'DTLS/TLS Ciphersuite', '', 'unsigned', MULTIPLE),
        resource(17, 'OSCORE Security Mode', '', 'objlnk'),
      ],
    ],
    [
      '1.2',
      [
        resource(18, 'Groups To Use by Client', '', 'unsigned', { ...MULTIPLE, ...UINT16 }),
        resource(19, 'Signature Algorithms Supported by Server', '', 'unsigned', { ...MULTIPLE, ...UINT16 }),
        resource(20, 'Signature Algorithms To Use by Client', '', 'unsigned', { ...MULTIPLE, ...UINT16 }),
        resource(21, 'Signature Algorithm Certs Supported by Server', '', 'unsigned', { ...MULTIPLE, ...UINT16 }),
        resource(22, 'TLS 1.3 Features To Use by Client', '', 'unsigned', UINT16),
        resource(23, 'TLS Extensions Supported by Server', '', 'unsigned', UINT16),
        resource(24, 'TLS Extensions To Use by Client', '', 'unsigned', UINT16),
        resource(25, 'Secondary LwM2M Server URI', '', 'string', { multiple: true, range: [0, 255] }),
        resource(26, 'MQTT Server', '', 'objlnk'),
        resource(27, 'LwM2M COSE Security', '', 'objlnk', MULTIPLE),
        resource(28, 'RDS Destination Port', '', 'integer', { range: [0, 15] }),
        resource(29, 'RDS Source Port', '', 'integer', { range: [0, 15] }),
        resource(30, 'RDS Application ID', '', 'string'),
      ],
    ],
  ],
};

/** Object 1. */
export const server: ObjectHistory = {
  id: 1,
  name: 'LwM2M Server',
  multiple: true,
  mandatory: true,
  versions: [
    [
      '1.0',
      [
        resource(0, 'Short Server ID', 'R', 'integer', { mandatory: true, range: [1, 65_534] }),
        resource(1, 'Lifetime', 'RW', 'integer', { mandatory: true, units: 's' }),
        resource(2, 'Default Minimum Period', 'RW', 'integer', SECONDS),
        resource(3, 'Default Maximum Period', 'RW', 'integer', SECONDS),
        resource(4, 'Disable', 'E', 'none'),
        resource(5, 'Disable Timeout', 'RW', 'integer', SECONDS),
        resource(6, 'Notification Storing When Disabled or Offline', 'RW', 'boolean', MANDATORY),
        resource(7, 'Binding', 'RW', 'string', MANDATORY),
        resource(8, 'Registration Update Trigger', 'E', 'none', MANDATORY),
      ],
    ],
    [
      '1.1',
      [
        resource(9, 'Bootstrap-Request Trigger', 'E', 'none'),
        resource(10, 'APN Link', 'RW', 'objlnk'),
        resource(11, 'TLS-DTLS Alert Code', 'R', 'unsigned', { range: [0, 255] }),
        resource(12, 'Last Bootstrapped', 'R', 'time'),
        resource(13, 'Registration Priority Order', '', 'unsigned'),
        resource(14, 'Initial Registration Delay Timer', '', 'unsigned', SECONDS),
        resource(15, 'Registration Failure Block', '', 'boolean'),
        resource(16, 'Bootstrap on Registration Failure', '', 'boolean'),
        resource(17, 'Communication Retry Count', '', 'unsigned'),
        resource(18, 'Communication Retry Timer', '', 'unsigned', SECONDS),
        resource(19, 'Communication Sequence Delay Timer', '', 'unsigned', SECONDS),
        resource(20, 'Communication Sequence Retry Count', '', 'unsigned'),
        resource(21, 'Trigger', 'RW', 'boolean'),
        resource(22, 'Preferred Transport', 'RW', 'string'),
        resource(23, 'Mute Send', 'RW', 'boolean'),
      ],
    ],
    [
      '1.2',
      [
        resource(13, 'Registration Priority Order', 'R', 'unsigned'),
        resource(14, 'Initial Registration Delay Timer', 'RW', 'unsigned', SECONDS),
        resource(15, 'Registration Failure Block', 'R', 'boolean'),
        resource(16, 'Bootstrap on Registration Failure', 'R', 'boolean'),
        resource(17, 'Communication Retry Count', 'RW', 'unsigned'),
        resource(18, 'Communication Retry Timer', 'RW', 'unsigned', SECONDS),
        resource(19, 'Communication Sequence Delay Timer', 'RW', 'unsigned', SECONDS),
        resource(20, 'Communication Sequence Retry Count', 'RW', 'unsigned'),
        resource(24, 'Alternate APN Links', 'RW', 'objlnk', MULTIPLE),
        resource(25, 'Supported Server Versions', 'RW', 'string', MULTIPLE),
        resource(26, 'Default Notification Mode', 'RW', 'integer', {
          range: [0, 1],
          names: { 0: 'non-confirmable', 1: 'confirmable' },
        }),
        resource(27, 'Profile ID Hash Algorithm', 'RW', 'unsigned', { range: [0, 255] }),
      ],
    ],
  ],
};

/** Object 2. */
export const accessControl: ObjectHistory = {
  id: 2,
  name: 'LwM2M Access Control',
  multiple: true,
  versions: [
    [
      '1.0',
      [
        resource(0, 'Object ID', 'R', 'integer', { mandatory: true, range: [1, 65_534] }),
        resource(1, 'Object Instance ID', 'R', 'integer', { mandatory: true, range: [0, 65_535] }),
        resource(2, 'ACL', 'RW', 'integer', { multiple: true, range: [0, 65_535] }),
        resource(3, 'Access Control Owner', 'RW', 'integer', { mandatory: true, range: [0, 65_535] }),
      ],
    ],
    ['1.1', [resource(2, 'ACL', 'RW', 'integer', { multiple: true, range: [0, 31] })]],
  ],
};
