/** Virtual devices: the test double and the demo in one. */

export { Fleet, type FleetDevice, type FleetMember } from './fleet.ts';
export type { Action } from './player.ts';
export type { Scenario, Step, WayPoint, WayPoints } from './scenario.ts';
export { type DemoRole, type DemoTruck, demoFleet } from './scenarios.ts';
export { type SimulatedDevice, type Simulation, type SimulationOptions, simulate } from './simulate.ts';
export { type DeviceEvent, VirtualDevice, type VirtualDeviceOptions } from './virtual-device.ts';
