/** Everything that a server can make grow in a client, in one table. */
export const LIMITS = {
  /** Observations at a time; one more is answered as a plain Read. */
  observations: 32,
  /** Notifications of an observation that are kept while the device sleeps, whatever hqmax asks for. */
  keptNotifications: 64,
  /** Instances of one multiple resource that a Write may leave. */
  resourceInstances: 32,
  /** Sends that wait for their answers. */
  sends: 8,
  /** Instances of one object that a Create may leave. */
  objectInstances: 32,
  /** Paths that have attributes. */
  attributePaths: 64,
  /** Attempts to fetch one part of a package before it is given up. */
  pullAttempts: 5,
  /** Incoming exchanges remembered for duplicates. */
  exchanges: 8,
} as const satisfies { readonly [name: string]: number };
