/** Virtual devices: the test double, the demo and the load generator in one. */

export { type AckCounts, AckLedger, type FoundDevice, type Loss } from './ack-ledger.ts';
export { Fleet, type FleetDevice, type FleetMember } from './fleet.ts';
export { LoadGenerator, type LoadOptions } from './load.ts';
export type { Action } from './player.ts';
export type { Scenario, Step, WayPoint, WayPoints } from './scenario.ts';
export { type DemoRole, type DemoTruck, demoFleet } from './scenarios.ts';
export { type SimulatedDevice, type Simulation, type SimulationOptions, simulate } from './simulate.ts';
export { type DeviceEvent, VirtualDevice, type VirtualDeviceOptions } from './virtual-device.ts';
