import { Code } from '@reeve/coap';
import type { UpdateState } from '@reeve/contract';
import { isSuccess } from '../commands/outcome.ts';
import { type Said, SCHEMES } from './objects.ts';

/** Size exponent of parts that are sent first: 1024 bytes. A device may ask for smaller ones. */
const LARGEST = 6;
/** How often a transfer begins anew before it is given up. */
const MAX_RESTARTS = 5;
/** How often a device is told to install before it is given up. */
const MAX_EXECUTIONS = 3;

/** Where an update is; what it asks next of the device follows from it alone. */
export type UpdateStep =
  /** Reads what the device can, and where it is; `reset`: after what was there was taken back. */
  | { readonly kind: 'checking'; readonly reset?: true }
  /** Takes back a package that is there already; `installed`: another version comes in its place. */
  | { readonly kind: 'resetting'; readonly installed?: true }
  /** Sends the package; `offset` bytes are there. */
  | { readonly kind: 'pushing'; readonly offset: number; readonly szx: number; readonly restarts: number }
  /** Tells the device where the package is. */
  | { readonly kind: 'offering'; readonly scheme: string }
  /** Reads how far the device is; `restarts` of a push that it broke off. */
  | { readonly kind: 'downloading'; readonly restarts?: number }
  | { readonly kind: 'executing'; readonly executions: number }
  | { readonly kind: 'installing'; readonly executions: number }
  /** Reads the version; `said`: whether the device says itself that it is updated. */
  | { readonly kind: 'verifying'; readonly said: boolean }
  | { readonly kind: 'activating' };

/** What an update is to be. */
export interface Order {
  /** Path of the object instance. */
  readonly path: string;
  readonly version: string;
  readonly bytes: number;
  readonly method: 'auto' | 'push' | 'pull';
  /** Schemes that the artifact can be had by, best first; those that were asked for only, if so. */
  readonly schemes: readonly string[];
}

/** What the device answered to what a step asked. */
export type Answer =
  | { readonly kind: 'said'; readonly said: Said }
  | { readonly kind: 'version'; readonly version: string | undefined }
  | { readonly kind: 'code'; readonly code: number; readonly szx?: number };

/** What follows. */
export type Next =
  | { readonly kind: 'step'; readonly step: UpdateStep }
  /** The same again, later; `why` in words. */
  | { readonly kind: 'wait'; readonly why: string; readonly long?: true }
  | { readonly kind: 'end'; readonly state: Exclude<UpdateState, 'running' | 'cancelled'>; readonly detail: string };

const step = (next: UpdateStep): Next => ({ kind: 'step', step: next });
const failed = (detail: string): Next => ({ kind: 'end', state: 'failed', detail });
const wait = (why: string): Next => ({ kind: 'wait', why });
const text = (code: number): string => `${code >> 5}.${String(code & 31).padStart(2, '0')}`;

/** What follows from an answer (OMA Core Appendix E.6; RFC 7959 §2.9 for parts). */
export function follow(current: UpdateStep, answer: Answer, order: Order): Next {
  if (answer.kind === 'code' && BUSY.has(answer.code)) return wait(`the device is busy (${text(answer.code)})`);
  switch (answer.kind) {
    case 'said':
      return onSaid(current, answer.said, order);
    case 'version':
      return current.kind === 'verifying' ? verified(current.said, answer.version, order) : step(current);
    case 'code':
      return onCode(current, answer, order);
  }
}

const BUSY: ReadonlySet<number> = new Set([Code.ServiceUnavailable, Code.TooManyRequests]);

function onSaid(current: UpdateStep, said: Said, order: Order): Next {
  const { phase, verdict } = said;
  switch (current.kind) {
    case 'checking': {
      if (phase === 'installing') return wait('the device installs something already');
      const begun = begin(said, order);
      if (phase === 'idle' || begun.kind !== 'step') return begun;
      if (current.reset) return failed('the device does not take back what is there');
      return step({ kind: 'resetting', ...(phase === 'installed' && { installed: true }) });
    }
    case 'downloading':
      if (phase === 'downloaded') return step({ kind: 'executing', executions: 0 });
      if (phase === 'installing') return step({ kind: 'installing', executions: 0 });
      if (phase === 'installed') return installed(order);
      if (verdict.kind === 'bad') return failed(verdict.words);
      if (verdict.kind === 'good') return step({ kind: 'verifying', said: true });
      if (current.restarts === undefined) return wait('the device has not finished the download');
      return step({ kind: 'pushing', offset: 0, szx: LARGEST, restarts: current.restarts });
    case 'installing':
      if (phase === 'installing') return wait('the device installs it');
      if (phase === 'installed') return installed(order);
      if (verdict.kind === 'bad') return failed(verdict.words);
      if (verdict.kind === 'deferred') return { kind: 'wait', why: 'the device puts the installation off', long: true };
      if (phase === 'downloaded') {
        if (current.executions >= MAX_EXECUTIONS) return failed('the device does not begin to install it');
        return step({ kind: 'executing', executions: current.executions });
      }
      // Some devices forget the result with the reboot: the version tells.
      return step({ kind: 'verifying', said: verdict.kind === 'good' });
    default:
      return step(current);
  }
}

/** Brings the package to the device, in the way that it and the order allow. */
function begin({ schemes = ['coap', 'coaps'], delivery = 'both' }: Said, order: Order): Next {
  if (order.method !== 'pull' && delivery !== 'pull') {
    return step({ kind: 'pushing', offset: 0, szx: LARGEST, restarts: 0 });
  }
  if (order.method === 'push') return failed('the device takes no packages, it only fetches them');
  if (delivery === 'push') return failed('the device fetches no packages, it only takes them');
  return offer(order, schemes);
}

function offer(order: Order, schemes: readonly string[]): Next {
  const scheme = order.schemes.find((each) => schemes.includes(each));
  if (scheme !== undefined) return step({ kind: 'offering', scheme });
  return failed(`the device fetches by ${schemes.join(', ')}; here it can be had by ${order.schemes.join(', ')}`);
}

function installed(order: Order): Next {
  if (order.path.startsWith('/9/')) return step({ kind: 'activating' });
  return step({ kind: 'verifying', said: true });
}

function verified(said: boolean, version: string | undefined, order: Order): Next {
  if (version === order.version) return { kind: 'end', state: 'succeeded', detail: `the device runs ${version}` };
  if (!said) return failed(`the device says nothing of the update, and that it runs ${version ?? 'nothing it names'}`);
  if (version === undefined) {
    return { kind: 'end', state: 'succeeded', detail: 'the device says that it is updated, and names no version' };
  }
  return {
    kind: 'end',
    state: 'unconfirmed',
    detail: `the device says that it is updated, and that it runs ${version}`,
  };
}

function onCode(current: UpdateStep, answer: Extract<Answer, { kind: 'code' }>, order: Order): Next {
  const { code } = answer;
  switch (current.kind) {
    case 'checking':
      return failed(
        code === Code.NotFound ? `the device has no ${order.path}` : `${order.path} can't be read: ${text(code)}`,
      );
    case 'resetting':
      return isSuccess(code)
        ? step({ kind: 'checking', reset: true })
        : failed(`what is there can't be taken back: ${text(code)}`);
    case 'pushing':
      return pushed(current, answer, order);
    case 'offering':
      return isSuccess(code) ? step({ kind: 'downloading' }) : failed(`the device refuses the URI: ${text(code)}`);
    case 'downloading':
    case 'installing':
      return wait(`${order.path} can't be read: ${text(code)}`);
    case 'executing': {
      const executions = current.executions + 1;
      if (isSuccess(code) || executions < MAX_EXECUTIONS) return step({ kind: 'installing', executions });
      return failed(`the device refuses to install it: ${text(code)}`);
    }
    case 'verifying':
      return verified(current.said, undefined, order);
    case 'activating':
      return isSuccess(code)
        ? { kind: 'end', state: 'succeeded', detail: 'it is installed and active' }
        : failed(`it is installed, and can't be activated: ${text(code)}`);
  }
}

/** Codes that say that a package can't be taken in this way at all. */
const CANT_PUSH: ReadonlySet<number> = new Set([
  Code.RequestEntityTooLarge,
  Code.NotFound,
  Code.MethodNotAllowed,
  Code.UnsupportedContentFormat,
  Code.NotImplemented,
]);

function pushed(
  current: Extract<UpdateStep, { kind: 'pushing' }>,
  { code, szx = current.szx }: Extract<Answer, { kind: 'code' }>,
  order: Order,
): Next {
  const { offset, restarts } = current;
  const end = Math.min(order.bytes, offset + 2 ** (current.szx + 4));
  const smaller = Math.min(current.szx, szx);
  if (code === Code.Continue || isSuccess(code)) {
    return end < order.bytes ? step({ ...current, offset: end, szx: smaller }) : step({ kind: 'downloading' });
  }
  if (code === Code.RequestEntityTooLarge && smaller < current.szx) {
    return step({ ...current, offset: 0, szx: smaller });
  }
  if (code === Code.RequestEntityIncomplete) {
    // Either it lost what it had, or it gave up: its result says so.
    if (restarts >= MAX_RESTARTS) return failed(`the device lost the package ${restarts} times`);
    return step({ kind: 'downloading', restarts: restarts + 1 });
  }
  if (CANT_PUSH.has(code) && order.method === 'auto') return offer(order, SCHEMES);
  return failed(`the device refuses the package: ${text(code)}`);
}
