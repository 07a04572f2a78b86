import type { Attributes } from '@reeve/lwm2m';
import type { Millis } from '../ids.ts';
import type { StoredValue } from '../store/tables.ts';
import type { WritePart } from './transfer-port.ts';

/** What passes the link port on operations: what a device is asked for, and what it says. */

/** One value of an answer or notification, in its stored form. `time` is SenML's, in milliseconds since the epoch. */
export interface LinkRecord {
  readonly path: string;
  readonly stored: StoredValue;
  readonly time?: Millis;
}

/** One node that a device listed, with what is attached to it, as written; a parameter without a value is empty text. */
interface LinkNode {
  readonly path: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** A payload after decoding by its own content format. */
export type LinkBody =
  | {
      readonly kind: 'records';
      readonly records: readonly LinkRecord[] /** More blocks were to come. */;
      readonly truncated: boolean;
    }
  | { readonly kind: 'nodes'; readonly nodes: readonly LinkNode[] }
  /** The object instance that a Create made, if the device named it. */
  | { readonly kind: 'created'; readonly path: string }
  | { readonly kind: 'undecodable'; readonly detail: string }
  | { readonly kind: 'empty' };

/** An operation on a device. Values are typed, so that the link can encode them in a format that the device has. */
export type LinkOperation =
  | { readonly kind: 'read'; readonly path: string }
  | { readonly kind: 'read-composite'; readonly paths: readonly string[] }
  /** Partial, and all or nothing; a record of type `none` removes its resource instance. */
  | {
      readonly kind: 'write-composite';
      readonly records: readonly LinkRecord[];
      /** Whoever wants it agrees that others are asked for instead, a record each; the link itself never does that. */
      readonly inPieces?: true;
    }
  | {
      readonly kind: 'write';
      readonly mode: 'replace' | 'partial';
      readonly path: string;
      readonly records: readonly LinkRecord[];
    }
  | { readonly kind: 'execute'; readonly path: string; readonly arguments?: string }
  | { readonly kind: 'discover'; readonly path: string; readonly depth?: number }
  | { readonly kind: 'write-attributes'; readonly path: string; readonly attributes: Attributes }
  | {
      readonly kind: 'create';
      /** Of the object. */
      readonly path: string;
      /** Absent: the device chooses, and the records lie below instance 0. */
      readonly instanceId?: number;
      readonly records: readonly LinkRecord[];
    }
  | { readonly kind: 'delete'; readonly path: string }
  | WritePart
  /** `path` is the text of a target; see observations/target.ts. */
  | { readonly kind: 'observe'; readonly path: string }
  | ({ readonly kind: 'cancel-observe' } & LinkObservation);

/** An observation that a device has accepted. */
export interface LinkObservation {
  /** The text of its target; see observations/target.ts. */
  readonly path: string;
  /** In hex. */
  readonly token: string;
  /** Content format of the list of paths that a composite one was asked for with; whatever is asked of it again has the same. */
  readonly format?: number;
}

/** How a request to the device ended. */
export type RequestOutcome =
  | {
      readonly kind: 'answered';
      readonly code: number;
      readonly body: LinkBody;
      /** Of an answer to a part: the size exponent that the device wants parts to have (RFC 7959 §2.9). */
      readonly szx?: number;
      /** Of an observation that is live now. */
      readonly token?: string;
      /** See {@link LinkObservation}. */
      readonly format?: number;
    }
  /** Sent, and never answered, at most acknowledged: the device may have acted on it. */
  | { readonly kind: 'timeout'; readonly acknowledged?: true }
  | { readonly kind: 'reset' }
  /** Nothing left the server: it may be tried again. */
  | { readonly kind: 'not-sent'; readonly reason: string }
  /** It cannot be said in a format that the device has, or is more than may be observed: trying again would not help. */
  | { readonly kind: 'unencodable'; readonly reason: string };
