import Type, { type Static } from 'typebox';
import * as devices from './devices.ts';

/** Server-sent event streams below `/api/v1`. */
export const streams = {
  /** Journal entries (`event: journal`, `id: seq`), committed samples (`event: samples`) and presence (`event: presence`); resumes from Last-Event-ID or `?after=`. */
  events: { path: '/events', scope: 'read' },
  /** `event: trace` lines of one device, live only. */
  trace: { path: '/devices/:device/trace', scope: 'read' },
} as const;

/** Files below `/api/v1`, answered to a POST as they are. */
export const downloads = {
  /** A copy of everything but the sealing key. */
  backup: { path: '/backup', scope: 'admin' },
} as const;

/** Files below `/api/v1`, taken as they are. */
export const uploads = {
  /** The next piece of an artifact, from `?offset=` on. */
  artifact: { path: '/artifacts/:artifact/content', scope: 'operator' },
} as const;

/** Bytes of the largest piece. */
export const UPLOAD_PIECE_BYTES = 1_048_576;

/** Header of a backup: fingerprint of the key that it is sealed with. */
export const SEALING_KEY_HEADER = 'reeve-sealing-key';

/** Payload of `event: samples`. */
export const LiveSamples = Type.Object({ deviceId: Type.String(), values: Type.Array(devices.ResourceValue) });
export type LiveSamples = Static<typeof LiveSamples>;

/** Payload of `event: presence`. */
export const LivePresence = Type.Object({ deviceId: Type.String(), presence: devices.Presence });
export type LivePresence = Static<typeof LivePresence>;
