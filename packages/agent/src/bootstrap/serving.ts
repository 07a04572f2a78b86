import { accept, type CoapMessage, Code, contentFormat, Option, option, type ResponseSpec, uriPath } from '@reeve/coap';
import { ContentFormat, type EnablerVersion, type LwM2mPath, level, PathLevel, parsePath } from '@reeve/lwm2m';
import { type Outcome, refusal } from '../outcome.ts';
import type { Staging } from './staging.ts';

const { root, object, instance, resource } = PathLevel;

/** Does what a bootstrap server asks for, but for Finish (OMA Core §6.1.7, Transport §6.4.2). */
export function serveBootstrap(
  message: CoapMessage,
  staging: Staging,
  enabler: EnablerVersion,
): Outcome<{ readonly response: ResponseSpec }> {
  const path = parsePath(`/${uriPath(message).join('/')}`);
  if (path === undefined) return refusal(Code.BadRequest, `there is no /${uriPath(message).join('/')}`);
  const accepted = accept(message);
  switch (message.code) {
    case Code.Get:
      if (accepted === ContentFormat.linkFormat) {
        return at(path, [root, object]) ?? content(staging.discover(path, enabler), ContentFormat.linkFormat);
      }
      return at(path, [object, instance]) ?? readAs(accepted ?? ContentFormat.senmlCbor, path, staging);
    case Code.Put: {
      // Without a content format nothing says how to read it; plain text serves for no instance (OMA Core §7.5).
      const format = contentFormat(message) ?? ContentFormat.text;
      return at(path, [object, instance, resource]) ?? done(staging.write(path, format, message.payload), Code.Changed);
    }
    case Code.Delete:
      return at(path, [root, object, instance]) ?? done(staging.delete(path), Code.Deleted);
    default:
      return refusal(Code.MethodNotAllowed, `method ${message.code} on ${path} in a bootstrap`);
  }
}

/** Whether it is the Bootstrap-Finish: POST /bs (OMA Transport §6.4.2). */
export function isFinish(message: CoapMessage): boolean {
  return message.code === Code.Post && uriPath(message).join('/') === 'bs';
}

function at(path: LwM2mPath, levels: readonly PathLevel[]): ReturnType<typeof refusal> | undefined {
  return levels.includes(level(path)) ? undefined : refusal(Code.BadRequest, `${path} in a bootstrap`);
}

function readAs(format: number, path: LwM2mPath, staging: Staging): Outcome<{ readonly response: ResponseSpec }> {
  return content(staging.read(path, format), format);
}

function content(
  outcome: Outcome<{ readonly payload: Uint8Array }>,
  format: number,
): Outcome<{ readonly response: ResponseSpec }> {
  if (!outcome.ok) return outcome;
  const options = [option(Option.ContentFormat, format)];
  return { ok: true, response: { code: Code.Content, options, payload: outcome.payload } };
}

function done(outcome: Outcome, code: number): Outcome<{ readonly response: ResponseSpec }> {
  return outcome.ok ? { ok: true, response: { code } } : outcome;
}
