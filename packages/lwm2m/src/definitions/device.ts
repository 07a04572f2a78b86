/** Objects that describe the device: Device, Connectivity Monitoring, Connectivity Statistics, Location (OMA Core E.4, E.5, E.7, E.8). */

import { MANDATORY, MULTIPLE, type ObjectHistory, resource } from './definition.ts';

const KILOBYTES = { units: 'kB' } as const;

const ERRORS = {
  0: 'no error',
  1: 'low battery power',
  2: 'external power supply off',
  3: 'GPS module failure',
  4: 'low received signal strength',
  5: 'out of memory',
  6: 'SMS failure',
  7: 'IP connectivity failure',
  8: 'peripheral malfunction',
} as const;

/** Object 3. Voltages and currents are in mV and mA in every version, though only the first says so in its table. */
export const device: ObjectHistory = {
  id: 3,
  name: 'Device',
  mandatory: true,
  versions: [
    [
      '1.0',
      [
        resource(0, 'Manufacturer', 'R', 'string'),
        resource(1, 'Model Number', 'R', 'string'),
        resource(2, 'Serial Number', 'R', 'string'),
        resource(3, 'Firmware Version', 'R', 'string'),
        resource(4, 'Reboot', 'E', 'none', MANDATORY),
        resource(5, 'Factory Reset', 'E', 'none'),
        resource(6, 'Available Power Sources', 'R', 'integer', {
          multiple: true,
          range: [0, 7],
          names: {
            0: 'DC',
            1: 'internal battery',
            2: 'external battery',
            3: 'fuel cell',
            4: 'power over Ethernet',
            5: 'USB',
            6: 'AC',
            7: 'solar',
          },
        }),
        resource(7, 'Power Source Voltage', 'R', 'integer', { multiple: true, units: 'mV' }),
        resource(8, 'Power Source Current', 'R', 'integer', { multiple: true, units: 'mA' }),
        resource(9, 'Battery Level', 'R', 'integer', { range: [0, 100], units: '%' }),
        resource(10, 'Memory Free', 'R', 'integer', KILOBYTES),
        resource(11, 'Error Code', 'R', 'integer', { multiple: true, mandatory: true, range: [0, 8], names: ERRORS }),
        resource(12, 'Reset Error Code', 'E', 'none'),
        resource(13, 'Current Time', 'RW', 'time'),
        resource(14, 'UTC Offset', 'RW', 'string'),
        resource(15, 'Timezone', 'RW', 'string'),
        resource(16, 'Supported Binding and Modes', 'R', 'string', MANDATORY),
        resource(17, 'Device Type', 'R', 'string'),
        resource(18, 'Hardware Version', 'R', 'string'),
        resource(19, 'Software Version', 'R', 'string'),
        resource(20, 'Battery Status', 'R', 'integer', {
          range: [0, 6],
          names: {
            0: 'normal',
            1: 'charging',
            2: 'charge complete',
            3: 'damaged',
            4: 'low battery',
            5: 'not installed',
            6: 'unknown',
          },
        }),
        resource(21, 'Memory Total', 'R', 'integer', KILOBYTES),
        resource(22, 'ExtDevInfo', 'R', 'objlnk', MULTIPLE),
      ],
    ],
    ['1.1', []],
    [
      '1.2',
      [
        resource(9, 'Battery Level', 'R', 'integer', { range: [0, 100], units: '/100' }),
        resource(11, 'Error Code', 'R', 'integer', { multiple: true, mandatory: true, range: [0, 32], names: ERRORS }),
      ],
    ],
  ],
};

const BEARERS = {
  0: 'GSM',
  1: 'TD-SCDMA',
  2: 'WCDMA',
  3: 'CDMA2000',
  4: 'WiMAX',
  5: 'LTE-TDD',
  6: 'LTE-FDD',
  7: 'NB-IoT',
  8: 'NR-TDD',
  9: 'NR-FDD',
  21: 'WLAN',
  22: 'Bluetooth',
  23: 'IEEE 802.15.4',
  41: 'Ethernet',
  42: 'DSL',
  43: 'PLC',
} as const;

/** Object 4. */
export const connectivityMonitoring: ObjectHistory = {
  id: 4,
  name: 'Connectivity Monitoring',
  versions: [
    [
      '1.0',
      [
        resource(0, 'Network Bearer', 'R', 'integer', { mandatory: true, range: [0, 50], names: BEARERS }),
        resource(1, 'Available Network Bearer', 'R', 'integer', {
          multiple: true,
          mandatory: true,
          range: [0, 50],
          names: BEARERS,
        }),
        resource(2, 'Radio Signal Strength', 'R', 'integer', { mandatory: true, units: 'dBm' }),
        resource(3, 'Link Quality', 'R', 'integer'),
        resource(4, 'IP Addresses', 'R', 'string', { multiple: true, mandatory: true }),
        resource(5, 'Router IP Addresses', 'R', 'string', MULTIPLE),
        resource(6, 'Link Utilization', 'R', 'integer', { range: [0, 100], units: '%' }),
        resource(7, 'APN', 'R', 'string', MULTIPLE),
        resource(8, 'Cell ID', 'R', 'integer'),
        resource(9, 'SMNC', 'R', 'integer', { range: [0, 999] }),
        resource(10, 'SMCC', 'R', 'integer', { range: [0, 999] }),
      ],
    ],
    ['1.1', [resource(11, 'SignalSNR', 'R', 'integer', { units: 'dB' })]],
    ['1.2', [resource(12, 'LAC', 'R', 'integer')]],
    [
      '1.3',
      [
        resource(6, 'Link Utilization', 'R', 'integer', { range: [0, 100], units: '/100' }),
        resource(13, 'Coverage Enhancement Level', 'R', 'integer', {
          range: [0, 4],
          names: { 0: 'none', 1: 'level 0', 2: 'level 1', 3: 'level 2', 4: 'level 3' },
        }),
      ],
    ],
  ],
};

/** Object 6. */
export const location: ObjectHistory = {
  id: 6,
  name: 'Location',
  versions: [
    [
      '1.0',
      [
        resource(0, 'Latitude', 'R', 'float', { mandatory: true, units: 'lat' }),
        resource(1, 'Longitude', 'R', 'float', { mandatory: true, units: 'lon' }),
        resource(2, 'Altitude', 'R', 'float', { units: 'm' }),
        resource(3, 'Radius', 'R', 'float', { units: 'm' }),
        resource(4, 'Velocity', 'R', 'opaque'),
        resource(5, 'Timestamp', 'R', 'time', MANDATORY),
        resource(6, 'Speed', 'R', 'float', { units: 'm/s' }),
      ],
    ],
  ],
};

/** Object 7. */
export const connectivityStatistics: ObjectHistory = {
  id: 7,
  name: 'Connectivity Statistics',
  versions: [
    [
      '1.0',
      [
        resource(0, 'SMS Tx Counter', 'R', 'integer'),
        resource(1, 'SMS Rx Counter', 'R', 'integer'),
        resource(2, 'Tx Data', 'R', 'integer', KILOBYTES),
        resource(3, 'Rx Data', 'R', 'integer', KILOBYTES),
        resource(4, 'Max Message Size', 'R', 'integer', { units: 'B' }),
        resource(5, 'Average Message Size', 'R', 'integer', { units: 'B' }),
        resource(6, 'Start', 'E', 'none', MANDATORY),
        resource(7, 'Stop', 'E', 'none', MANDATORY),
        resource(8, 'Collection Period', 'RW', 'integer', { units: 's' }),
      ],
    ],
  ],
};
