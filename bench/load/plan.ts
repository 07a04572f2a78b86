/** What devices do again and again. */
export type Operation =
  /** A confirmable GET of a server that need not know them, with a piggybacked answer. */
  | 'get'
  /** A plain Update of their registration. */
  | 'update'
  /** A confirmable GET of their registration, over DTLS, which a server refuses by 4.05. */
  | 'request'
  /** A Register over the session that is there, and the observation of /3/0/9 that the server begins after it. */
  | 'registration'
  /** A new value of /3/0/9, which the server observes, in a confirmable notification in TLV. */
  | 'notification'
  /** 20 values of /3/0, which the server observes, in a confirmable notification in SenML CBOR. */
  | 'senml'
  /** A Send of /3/0/9 in SenML CBOR. */
  | 'send'
  /** A Read of /3/0/9, which the server asks for of its own accord. */
  | 'read'
  /** A full DTLS handshake. */
  | 'handshake'
  /** A handshake that resumes the session before, by a ticket or by its id. */
  | 'ticket'
  | 'session-id';

/** What devices prove themselves with; `none` is CoAP without DTLS. */
export type Credential = 'none' | 'psk' | 'raw-key' | 'certificate';

/** What devices do, and as whom. */
export interface Load {
  readonly operation: Operation;
  readonly credential: Credential;
  readonly devices: number;
  /** Operations under way at a time: few enough for the receive buffer of any server. */
  readonly outstanding: number;
}

/** Whom devices speak to, and as whom. */
export interface DevicePlan extends Load {
  readonly port: number;
  /** Number of the first device. */
  readonly first: number;
  /** File with a `Material`, if devices have raw keys or certificates. */
  readonly material?: string;
  /** The server's raw key, as SubjectPublicKeyInfo in DER, base64. */
  readonly serverKey?: string;
}

/** What the load generator is told. */
export interface LoadPlan extends DevicePlan {
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

/** What a probe is told: devices that together ask so many times a second. */
export interface ProbePlan extends DevicePlan {
  readonly perSecond: number;
  readonly durationMs: number;
}

export interface ProbeReport {
  readonly sent: number;
  readonly answered: number;
  /** Median of how long answers took, and what 99 % of them did not exceed. */
  readonly medianMs: number;
  readonly slowMs: number;
}
