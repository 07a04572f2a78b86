import type { Refused } from '../handshakes/failed.ts';
import type { Millis } from '../ids.ts';
import type { LinkTold } from '../link/columns.ts';
import type { LinkUp } from '../link/port.ts';
import { textLength, textsLength } from '../telemetry/values.ts';
import type { Device } from './fleet.ts';

/**
 * A token bucket for each device, spent by what its messages make the server write. An honest device comes nowhere near
 * its end; a compromised one needs days to fill a disk, and shows among the failed handshakes all that time.
 */
export const rateLimits = {
  /** Tokens that a device has at most, and at first. */
  burst: 500,
  /** Tokens that come back each second. */
  perSecond: 50,
  /** Cost of a message that may lead to an entry of the journal, and of saying that it is another model. */
  journalled: 10,
  /** Cost of any other message. */
  plain: 1,
  /** Records of a notification that one token pays for, … */
  recordsPerToken: 10,
  /** … and characters of its texts. */
  charactersPerToken: 1024,
  /** Cost of each entry of the journal that what a device reports has led to, which is known only afterwards. */
  entry: 2,
  /** Seconds after which a device that was turned away should come back (Max-Age of the 5.03). */
  retryAfter: 60,
} as const;

/** The tokens of one device: so many were left at a time. */
export interface Tokens {
  left: number;
  at: Millis;
}

/** What devices are charged for. */
export type Charged = Extract<
  LinkUp,
  {
    kind:
      | 'register'
      | 'update'
      | 'deregister'
      | 'notification'
      | 'send'
      | 'bootstrap-request'
      | 'bootstrap-pack-request';
  }
>;

/**
 * Charges an authenticated device for its message.
 *
 * @returns the refusal if it has too few tokens left, which costs it none: the message is not to be handled
 */
export function charge(device: Device, message: Charged): Refused | undefined {
  const { at, session } = message;
  const { perSecond } = rateLimits;
  const now = tokensAt(device, at);
  const cost = costOf(device, message);
  // What costs more than anybody has is taken from who has all, and paid off later: it would never be taken otherwise.
  const paid = cost <= now || now === rateLimits.burst;
  setTokens(device, paid ? now - cost : now, at);
  if (paid) return undefined;
  return {
    at,
    address: session.address,
    ingress: session.ingress,
    ...(session.identity === undefined ? {} : { identity: session.identity }),
    endpoint: device.row.endpoint,
    check: 'limit',
    detail: `The device sends faster than its ${perSecond} tokens a second allow`,
  };
}

/**
 * Charges a device for what its message has led to: it may have to wait for the tokens, but no longer than for as many as
 * it has at most.
 */
export function chargeLater(device: Device, tokens: number, at: Millis): void {
  if (tokens === 0) return;
  const left = tokensAt(device, at);
  setTokens(device, Math.min(left, Math.max(-rateLimits.burst, left - tokens)), at);
}

function setTokens(device: Device, left: number, at: Millis): void {
  device.tokens ??= { left, at };
  device.tokens.left = left;
  device.tokens.at = at;
}

/** A clock that was set back gives nothing, and takes nothing. */
function tokensAt({ tokens }: Device, at: Millis): number {
  const { burst, perSecond } = rateLimits;
  return tokens ? Math.min(burst, tokens.left + (Math.max(0, at - tokens.at) * perSecond) / 1000) : burst;
}

/** Forgets the tokens of a device that has all of them; called every minute, so that who sleeps takes no memory for it. */
export function forgetFull(device: Device, now: Millis): void {
  if (device.tokens && tokensAt(device, now) === rateLimits.burst) device.tokens = undefined;
}

function costOf(device: Device, message: Charged): number {
  // Over a new session the address may be another, and everything is observed anew.
  const isNew = message.session.sessionId !== device.session?.sessionId;
  return Math.max(isNew ? rateLimits.journalled : rateLimits.plain, Math.ceil(costOfContent(message)));
}

function costOfContent(message: Charged): number {
  const { journalled, plain } = rateLimits;
  switch (message.kind) {
    case 'register':
    case 'deregister':
    case 'bootstrap-request':
    case 'bootstrap-pack-request':
      return journalled;
    case 'update': {
      const { lifetime, binding, queueMode, sms, profileId, offer } = message;
      return (lifetime ?? binding ?? queueMode ?? sms ?? profileId ?? offer) === undefined ? plain : journalled;
    }
    case 'notification':
      return costOfTold(message.body);
    case 'send': {
      const { body, behind = [] } = message;
      return behind.reduce((sum, one) => sum + costOfTold(one.body), costOfTold(body));
    }
  }
}

function costOfTold(told: LinkTold): number {
  if (told.kind === 'columns') return costOfValues(told.values.length, textsLength(told.values));
  if (told.kind !== 'records') return rateLimits.plain;
  let characters = 0;
  for (const { stored } of told.records) characters += textLength(stored.value);
  return costOfValues(told.records.length, characters);
}

function costOfValues(count: number, characters: number): number {
  const { recordsPerToken, charactersPerToken } = rateLimits;
  return Math.max(count / recordsPerToken, characters / charactersPerToken);
}
