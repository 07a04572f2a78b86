import { basename } from 'node:path';
import { expect, it } from 'vitest';
import { sourcesIn } from './workspace.ts';

/** Rules of LwM2M and of what it stands on, as tests cite them (`RG-1` and so on): how many there are of each area. */
const RULES: Readonly<Record<string, number>> = {
  /** Messages of CoAP. */
  CO: 9,
  /** Block-wise transfer. */
  BL: 8,
  /** Observation by CoAP. */
  OB: 6,
  /** Echo and Request-Tag. */
  EC: 3,
  /** CoAP over connections. */
  TC: 4,
  /** OSCORE. */
  OS: 4,
  /** Register. */
  RG: 9,
  /** Update, De-register, and the end of a registration. */
  UP: 6,
  /** Profile ID. */
  PR: 3,
  /** Queue mode. */
  QM: 5,
  /** What the server triggers. */
  TR: 3,
  /** Bootstrap. */
  BS: 15,
  /** Device management. */
  DM: 9,
  /** Notification attributes. */
  AT: 10,
  /** Notifications and Send. */
  IR: 5,
  /** Content formats, and how one is chosen. */
  FM: 3,
  /** Data types. */
  DT: 5,
  /** TLV. */
  TL: 5,
  /** SenML. */
  SM: 6,
  /** SenML-ETCH. */
  ET: 3,
  /** LwM2M CBOR. */
  LC: 6,
  /** Link format. */
  LF: 3,
  /** Credentials and handshakes. */
  SE: 12,
  /** Firmware. */
  FW: 5,
};

/** What deployed devices are known to do, and what follows from it: `P1` and so on. */
const PITFALLS = 50;

/** Why there is no test of one. */
const NOT_TESTED: Readonly<Record<string, string>> = {
  'AT-8': 'what a change of attributes does to a running observation is left to the device',
  'AT-9': 'names of a draft that LwM2M does not use',
  'AT-10': 'tells what other clients support; unknown attributes are refused by the device, and said so',
  'BS-12': 'what becomes of the objects of a server that is taken away from several: the client keeps one server',
  'BS-15': 'diagnostics that a client may keep, and ours does not',
  'DM-7': 'with the one server that the client keeps, every right is that server’s',
  'FW-3': 'which resources object 5 has in which version is what the definitions say',
  'FW-5': 'errors of the Enabler Test Specification: the chosen reading stands beside each case',
  'SE-6': 'resources 16 to 24 of object 0, which the bootstrap server does not write',
  'SE-7': 'the client takes every alert as an attempt that failed',
  'SE-11': 'DTLS 1.3 is not spoken',
  'TR-3': 'triggers by SMS are bytes that a gateway brings, whatever carries them',
  P33: 'what a device makes of PUT and POST is its own affair; nothing here depends on it',
  P45: 'no port is taken for granted: tests listen wherever there is room',
};

const ids = [
  ...Object.entries(RULES).flatMap(([area, count]) => Array.from({ length: count }, (_, n) => `${area}-${n + 1}`)),
  ...Array.from({ length: PITFALLS }, (_, n) => `P${n + 1}`),
];

const cited = new Set(
  ['packages', 'e2e', 'conformance', 'tooling']
    .flatMap(sourcesIn)
    .filter(({ file }) => /\.test\.tsx?$/.test(file) && basename(file) !== basename(import.meta.filename))
    .flatMap(({ text }) => text.match(/\b(?:[A-Z]{2}-|P)\d+\b/g) ?? []),
);

it('has a test that cites each rule and each pitfall, or a reason why there is none', () => {
  expect(ids.filter((id) => !cited.has(id) && NOT_TESTED[id] === undefined)).toEqual([]);
});

it('knows what it gives reasons for', () => {
  expect(Object.keys(NOT_TESTED).filter((id) => !ids.includes(id))).toEqual([]);
});
