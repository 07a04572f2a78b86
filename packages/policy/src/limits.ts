/** Every bound of this package in one table: what a document may ask for, and what a rule may keep. */
export const LIMITS = {
  /** Longest policy document, in UTF-16 code units. */
  documentLength: 65_536,
  /** Errors reported for one document; the rest is cut off. */
  errors: 50,
  rules: 32,
  labels: 16,
  /** Alternatives in one selector of `applies`. */
  selectorValues: 64,
  regions: 60,
  setValues: 256,
  lockTargets: 16,
  /** Longest text anywhere in a document: ids, labels, allowed values. */
  textLength: 255,
  /** Consecutive fixes or samples that a rule may ask for. */
  count: 100,
  /** Longest text of a device's value that is kept in state and evidence; comparisons use all of it. */
  keptText: 64,
  /** Largest serialised state of a rule on a device, in bytes of JSON. */
  stateBytes: 1_024,
} as const;
