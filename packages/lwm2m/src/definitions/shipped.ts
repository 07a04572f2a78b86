/** The definitions that come with the project; `notation.ts` says how to read their tables. */

import type { ObjectDefinition } from './definition.ts';
import { readDefinitions } from './notation.ts';
import { connectivity } from './shipped/connectivity.ts';
import { core } from './shipped/core.ts';
import { security } from './shipped/security.ts';
import { sensors } from './shipped/sensors.ts';
import { software } from './shipped/software.ts';
import { subscription } from './shipped/subscription.ts';
import { vendors } from './shipped/vendors.ts';

/** Every version of the shipped objects. */
export const SHIPPED_DEFINITIONS: readonly ObjectDefinition[] = [
  core,
  software,
  connectivity,
  security,
  subscription,
  sensors,
  vendors,
].flatMap(readDefinitions);
