/**
 * The cases of OMA's Enabler Test Specification for LwM2M (interoperability, 1.2.1) that have a procedure, in our own
 * words: what each is about, whom it judges, and why it is not run, where it is not.
 */

/** Whom a case judges: each named side has a test of its own. */
export type Judged = 'server' | 'client';

/** One case of the specification. */
export interface Case {
  /** As the specification has it, without `LightweightM2M-`. */
  readonly id: string;
  readonly purpose: string;
  readonly judges: readonly Judged[];
  /** Why it is not run at all; it judges nobody then. */
  readonly why?: string;
}

const BOTH = ['server', 'client'] as const;

function tested(id: string, purpose: string, judges: readonly Judged[] = BOTH): Case {
  return { id, purpose, judges };
}

function leftOut(id: string, purpose: string, why: string): Case {
  return { id, purpose, judges: [], why };
}

const NO_MODEM = 'needs a cellular modem';

/** Every case, in the order of the specification. */
export const cases: readonly Case[] = [
  tested('1.0-int-0', 'A device asks to be bootstrapped, is written its accounts, and bootstrap is finished'),
  tested('1.1-int-1', 'Bootstrap and registration, both secured by a pre-shared key'),
  tested('1.1-int-2', 'Bootstrap and registration, both secured by certificates'),
  leftOut('1.1-int-3', 'Bootstrap from a smart card', 'smart cards are out of scope'),
  tested('1.1-int-4', 'Bootstrap-Delete removes accounts, but not that of the bootstrap server'),
  tested('1.1-int-5', 'The server has the device bootstrap anew'),
  tested('1.1-int-6', 'The order in which a device looks for its accounts', ['client']),
  tested('1.1-int-7', 'A device that cannot reach its server bootstraps', ['client']),
  tested('1.1-int-8', 'Bootstrap-Read of the server and access control objects'),
  tested('1.1-int-9', 'A configuration that makes no sense makes Finish fail'),
  leftOut('1.1-int-10', 'Bootstrap with certificates by EST', 'enrolment over secure transport is out of scope'),
  tested('1.2-int-11', 'Bootstrap over OSCORE'),
  tested('1.2-int-12', 'Bootstrap-Pack: the whole configuration in one answer'),
  leftOut('1.2-int-19', 'Bootstrap over MQTT', 'the MQTT binding is out of scope'),

  tested('1.0-int-101', 'Registration with its parameters and object links'),
  tested('1.0-int-102', 'A written lifetime is told in an Update'),
  tested('1.0-int-103', 'A device that is disabled takes its leave'),
  tested('1.0-int-104', 'A triggered Update keeps the registration alive'),
  tested('1.0-int-105', 'An Update that the server does not know leads to a new registration'),
  tested('1.1-int-106', 'Registration over TCP'),
  tested('1.1-int-107', 'A longer lifetime'),
  tested('1.1-int-108', 'A device in queue mode registers'),
  tested('1.1-int-109', 'What is asked of a sleeping device waits for it'),
  tested('1.2-int-110', 'Registration by profile, without object links'),
  tested('1.2-int-111', 'Registration by profile, with object links beside it'),

  tested('1.0-int-201', 'Read of resources as plain text'),
  tested('1.0-int-203', 'Read of an instance in TLV'),
  tested('1.0-int-204', 'Read of an instance in the JSON of 1.0'),
  tested('1.0-int-205', 'Write of resources as plain text'),
  tested('1.1-int-211', 'Read of resources in CBOR'),
  tested('1.1-int-212', 'Write of resources in CBOR', ['client']),
  tested('1.0-int-215', 'Write of an instance in TLV, in part and as a whole'),
  tested('1.0-int-220', 'Write of an instance in the JSON of 1.0, in part and as a whole', ['client']),
  tested('1.1-int-221', 'The security object is closed to the server', ['client']),
  tested('1.1-int-222', 'Read of an object'),
  tested('1.1-int-223', 'Read of an object instance'),
  tested('1.1-int-224', 'Read of a resource'),
  tested('1.1-int-225', 'Read of a resource instance'),
  tested('1.1-int-226', 'Write of an instance in part'),
  tested('1.1-int-227', 'Write that replaces a resource'),
  tested('1.1-int-228', 'Write of a resource instance'),
  tested('1.1-int-230', 'Write-Composite in SenML JSON and CBOR'),
  tested('1.1-int-231', 'Read in SenML JSON'),
  tested('1.1-int-232', 'Read in SenML CBOR'),
  tested('1.1-int-233', 'Write in SenML CBOR'),
  tested('1.1-int-234', 'Write in SenML JSON'),
  tested('1.1-int-235', 'Read-Composite of everything, which leaves the secrets out'),
  tested('1.1-int-236', 'Read-Composite of what is only partly there'),
  tested('1.1-int-237', 'Read without saying in which format'),
  tested('1.0-int-241', 'Reboot, and registration after it'),
  tested('1.1-int-256', 'Write to a resource that can only be read'),
  tested('1.1-int-257', 'Write-Composite over several objects'),
  tested('1.0-int-260', 'Discover, with attributes and what is inherited'),
  tested('1.1-int-261', 'Write-Attributes on several levels'),
  tested('1.2-int-264', 'Discover to a depth of 1'),
  tested('1.2-int-266', 'Discover to depths of 2 and 3'),
  tested('1.1-int-280', 'Read-Composite gives what was asked for, and no more'),
  tested('1.1-int-281', 'Read-Composite leaves out what cannot be read'),

  tested('1.0-int-301', 'Observe with least and largest periods'),
  tested('1.0-int-302', 'Observation cancelled by a Reset'),
  tested('1.0-int-303', 'Observation cancelled by a request'),
  tested('1.1-int-304', 'Observe-Composite'),
  tested('1.1-int-305', 'Observe-Composite cancelled'),
  tested('1.1-int-306', 'Send'),
  tested('1.1-int-307', 'Send is muted'),
  tested('1.1-int-308', 'Observe-Composite while an instance is created', ['client']),
  tested('1.1-int-309', 'Observe-Composite while an instance is deleted', ['client']),
  tested('1.1-int-310', 'Observe-Composite while attributes change', ['client']),
  tested('1.1-int-311', 'Send of chosen values'),
  tested('1.2-int-312', 'Observe with parameters in the request'),
  tested('1.2-int-313', 'Parameters of the request come before attributes', ['client']),

  tested('1.0-int-401', 'UDP secured by a pre-shared key'),
  tested('1.1-int-402', 'UDP secured by certificates'),
  tested('1.1-int-403', 'A certificate of the wrong host is refused', ['client']),
  tested('1.1-int-404', 'TCP secured by certificates'),
  tested('1.1-int-405', 'OSCORE'),
  tested('1.1-int-406', 'TCP secured by a pre-shared key'),

  tested('1.0-int-651', 'Time, offset and time zone of the device are written'),
  tested('1.0-int-652', 'The firmware version is read'),
  tested('1.0-int-680', 'No second device object can be created', ['client']),
  tested('1.0-int-685', 'The device object cannot be deleted', ['client']),
  tested('1.0-int-701', 'Connectivity monitoring is read', ['client']),
  tested('1.0-int-710', 'Connectivity monitoring is observed', ['client']),
  tested('1.0-int-751', 'Firmware update: what can be read', ['client']),
  tested('1.0-int-755', 'Firmware update: a package is written', ['client']),
  tested('1.0-int-756', 'Firmware update: the URI of a package is written', ['client']),
  tested('1.0-int-760', 'Firmware update: the state is observed', ['client']),
  tested('1.0-int-770', 'Firmware update pushed'),
  tested('1.0-int-771', 'Firmware update pulled'),
  tested('1.0-int-772', 'Firmware update: installed without a package', ['client']),
  tested('1.0-int-773', 'Firmware update: no room to store', ['client']),
  tested('1.0-int-774', 'Firmware update: no memory', ['client']),
  tested('1.0-int-775', 'Firmware update: the connection is lost', ['client']),
  tested('1.0-int-776', 'Firmware update: the package is damaged', ['client']),
  tested('1.0-int-777', 'Firmware update: the package is of no known kind', ['client']),
  tested('1.0-int-778', 'Firmware update: the URI is none', ['client']),
  tested('1.0-int-779', 'Firmware update: the installation fails'),
  tested('1.0-int-801', 'Location is read', ['client']),
  tested('1.0-int-810', 'Location is observed', ['client']),
  tested('1.0-int-901', 'Connectivity statistics are started, stopped and read', ['client']),
  tested('1.0-int-905', 'Connectivity statistics: the period is set', ['client']),
  tested('1.0-int-910', 'Connectivity statistics are observed', ['client']),
  tested('1.0-int-950', 'A device registers with two servers'),
  tested('1.0-int-951', 'Attributes are kept for each server', ['client']),
  leftOut('1.1-int-1200', 'Cellular connectivity is read', NO_MODEM),
  leftOut('1.1-int-1201', 'Cellular connectivity of 1.1 is read', NO_MODEM),
  leftOut('1.1-int-1202', 'Power saving is written', NO_MODEM),
  leftOut('1.1-int-1203', 'Timers of power saving', NO_MODEM),
  leftOut('1.1-int-1204', 'Timers of extended reception', NO_MODEM),
  leftOut('CONMGMT-1.1-int-1250', 'A second access point is created', NO_MODEM),
  leftOut('CONMGMT-1.1-int-1350', 'Another bearer, and another address', NO_MODEM),
  tested('1.1-int-1630', 'An instance of the portfolio object is created'),
  tested('1.1-int-1635', 'An instance of the portfolio object is deleted'),
  tested('1.1-int-1900', 'Binary data of an application is observed', ['client']),
  tested('1.1-int-1901', 'Binary data of an application is written', ['client']),
  tested('1.1-int-2000', 'Event log: collected and read', ['client']),
  tested('1.1-int-2001', 'Event log: data is fetched', ['client']),
];
