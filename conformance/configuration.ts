import {
  type InstanceParts,
  type ObjectInstance,
  objectInstance,
  type SecurityOptions,
  securityInstance,
} from '@reeve/agent';

export type Values = InstanceParts['values'] & {};

const SERVER: Values = { 0: 1, 1: 86_400, 2: 1, 3: 10, 5: 86_400, 6: false, 7: 'U', 23: false };
/** Disable, the triggers of an Update and of a bootstrap: the client itself does what they are for. */
const EXECUTABLE: InstanceParts['resources'] & {} = { 4: { execute() {} }, 8: { execute() {} }, 9: { execute() {} } };
/** That of the examples in Core §7.5. */
const DEVICE: Values = {
  0: 'Open Mobile Alliance',
  1: 'Lightweight M2M Client',
  2: '345000123',
  3: '1.0',
  6: [1, 5],
  7: [3800, 5000],
  8: [125, 900],
  9: 100,
  10: 15,
  11: [0],
  13: 1_367_491_215,
  14: '+02:00',
  16: 'U',
};

/** The account of a server in Configuration C.3 of the specification, with other values where they are given. */
export const accountOf = (security: SecurityOptions, values: Values = {}, id = 0): ObjectInstance[] => [
  securityInstance(security, id),
  objectInstance(1, id, { values: { ...SERVER, ...values }, resources: EXECUTABLE }),
];

/** The device object of Configuration C.3, likewise. */
export const deviceOf = (values: Values = {}, reboot: () => void = () => {}): ObjectInstance =>
  objectInstance(3, 0, { values: { ...DEVICE, ...values }, resources: { 4: { execute: reboot } } });

/** A portfolio object with the identity of Configuration C.12. */
export const portfolio = (id = 0): ObjectInstance =>
  objectInstance(16, id, { values: { 0: ['Host Device ID #1', 'Host Device Model #1'] } });
