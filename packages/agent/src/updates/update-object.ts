import type { ObjectInstance } from '../instance.ts';
import type { PackageIntake } from './intake.ts';

/** An object instance that takes packages, as the client sees it. */
export interface UpdateObject {
  readonly instance: ObjectInstance;
  readonly intake: PackageIntake;
}
