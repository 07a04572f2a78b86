/** Everything that bounds artifacts. */
export const artifactLimits = {
  /** Bytes of all of them together. */
  allBytes: 20 * 1024 ** 3,
  artifacts: 1000,
  /** Room that is left on the disk, so that devices are still answered. */
  spareBytes: 256 * 1024 * 1024,
} as const;
