/** What devices do again and again. */
export type Operation =
  /** A confirmable GET of a server that need not know them, with a piggybacked answer. */
  | 'get'
  /** A plain Update of their registration. */
  | 'update'
  /** A new value of /3/0/9, which the server observes, in a confirmable notification. */
  | 'notification'
  /** A full DTLS handshake. */
  | 'handshake';

/** What the load generator is told. */
export interface LoadPlan {
  readonly operation: Operation;
  readonly secure: boolean;
  readonly port: number;
  readonly devices: number;
  /** Operations under way at a time: the loop is closed. */
  readonly outstanding: number;
  /** The process whose CPU time is counted. */
  readonly pid: number;
  readonly warmUpMs: number;
  readonly windows: number;
  readonly windowMs: number;
  /** Load between the first windows and a second set of them; none without it. */
  readonly sustainMs?: number;
}

/** One window. */
export interface Window {
  readonly perCpuSecond: number;
  readonly perSecond: number;
}

/** What the load generator answers. */
export interface LoadReport {
  readonly fresh: readonly Window[];
  readonly sustained: readonly Window[];
  /** Datagrams sent again because no answer came. */
  readonly retransmissions: number;
}
