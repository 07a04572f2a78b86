/** Why a package did not get here, or is not good (OMA Core Appendix E.6, resource 5; object 9, resource 9). */
export type PackageFault =
  /** Not enough flash memory. */
  | 'no-storage'
  | 'out-of-memory'
  | 'connection-lost'
  /** It is not what was sent, or not signed by whom it should be. */
  | 'integrity'
  /** It is not for this device. */
  | 'package-type'
  | 'invalid-uri'
  /** The URI has a scheme that the device does not speak. */
  | 'protocol';

/** Where a package goes; it outlives restarts of the device. */
export interface PackageSink {
  /** Bytes that are kept of the package. */
  length(): number;
  /** Empties it for a package; `size` is in bytes, if known. */
  begin(size: number | undefined): PackageFault | undefined;
  append(bytes: Uint8Array): PackageFault | undefined;
  /** Whether what is kept is a good package, now that all of it is here. */
  verify(): PackageFault | undefined;
}
