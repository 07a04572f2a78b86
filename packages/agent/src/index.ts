/** The LwM2M client of a device: a sans-I/O engine, the objects that most devices have, and a runner for UDP and TCP. */

export { LwM2mClient } from './client.ts';
export type { ClientOptions } from './client-options.ts';
export type { Creatable } from './creation.ts';
export type { ClientEffect, ClientEvent, ServerAddress, WireEffect } from './effects.ts';
export { type Engine, EngineRunner, type RunningEngine } from './engine-runner.ts';
export { type InstanceParts, type ObjectInstance, objectInstance } from './instance.ts';
export { type AccessControlOptions, accessControlInstance, Right } from './objects/access-control.ts';
export { type ConnectivityOptions, connectivityInstance } from './objects/connectivity.ts';
export { type DeviceOptions, DeviceResource, deviceInstance } from './objects/device.ts';
export { type Fix, fixValues, locationInstance } from './objects/location.ts';
export { type LockOptions, LockState, lockInstance } from './objects/lock.ts';
export { type OscoreOptions, oscoreInstance } from './objects/oscore.ts';
export { type BootstrapOptions, type SecurityOptions, securityInstance } from './objects/security.ts';
export { type ServerOptions, serverInstance } from './objects/server.ts';
export type { RegistrationState, RegistrationStateKind, RetryParameters } from './registration.ts';
export type { Content, ContentJson, Resource } from './resource.ts';
export type { PackageFault, PackageSink } from './updates/fault.ts';
export { type FirmwareMemory, type FirmwareOptions, FirmwareUpdate } from './updates/firmware.ts';
export { FirmwareResult, FirmwareState } from './updates/firmware-states.ts';
export { type SoftwareMemory, type SoftwareOptions, SoftwareUpdate } from './updates/software.ts';
