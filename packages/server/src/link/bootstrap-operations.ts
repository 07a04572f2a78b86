import { type CoapEffect, type CoapEndpoint, Code, ExchangeId, Option, option, type RequestId } from '@reeve/coap';
import { type BootstrapOperation, parsePath, toBootstrapRequest } from '@reeve/lwm2m';
import type { Millis } from '../ids.ts';
import type { BootstrapDown, BootstrapLinkOperation } from './bootstrap-port.ts';
import { asRecords } from './columns.ts';
import { type Decoder, decodeBody, type Registered } from './decoder.ts';
import { METHOD, recordsOf } from './encoder.ts';
import { encodePack } from './pack.ts';
import type { LinkUp, RequestOutcome, RequestRef } from './port.ts';
import type { Session, SessionTable } from './sessions.ts';

interface Options {
  readonly coap: CoapEndpoint;
  readonly sessions: SessionTable;
  readonly decoder: Decoder;
  readonly wallClock: () => Millis;
  readonly deliver: (message: LinkUp) => void;
}

interface Pending {
  readonly request: RequestRef;
  readonly session: Session;
  readonly path: string;
}

/** The bootstrap interface's requests to devices: operations down, one outcome up for each. */
export class BootstrapOperations {
  readonly #o: Options;
  readonly #pending = new Map<RequestId, Pending>();
  /** A device that is bootstrapped has no registration: its paths are plain, its values of the newest definitions. */
  readonly #unregistered: Pick<Registered, 'offer' | 'resourceType'>;

  constructor(options: Options) {
    this.#o = options;
    this.#unregistered = {
      offer: { rootPath: '/', contentFormats: [], objects: [] },
      resourceType: options.decoder.models.definitions.resourceTypes(),
    };
  }

  /** How many are under way. */
  get size(): number {
    return this.#pending.size;
  }

  perform({ request, sessionId, operation }: Extract<BootstrapDown, { kind: 'bootstrap' }>, now: number): void {
    const session = this.#o.sessions.get(sessionId);
    if (!session) {
      this.#settle(request, { kind: 'not-sent', reason: 'the session is over' });
      return;
    }
    const built = operationOf(operation);
    const encoded = typeof built === 'string' ? built : toBootstrapRequest(built);
    if (typeof encoded === 'string' || !encoded.ok) {
      const reason = typeof encoded === 'string' ? encoded : encoded.error.detail;
      this.#settle(request, { kind: 'unencodable', reason });
      return;
    }
    const { method, path, contentFormat, accept, payload } = encoded.request;
    const options = [
      ...path.map((segment) => option(Option.UriPath, segment)),
      ...(contentFormat === undefined ? [] : [option(Option.ContentFormat, contentFormat)]),
      ...(accept === undefined ? [] : [option(Option.Accept, accept)]),
    ];
    const id = this.#o.coap.request(session.peer, { code: METHOD[method], options, payload }, now);
    this.#pending.set(id, { request, session, path: operation.kind === 'finish' ? '/' : operation.path });
  }

  /** A request has come to its end; false if it is none of these. */
  ended({ request: id, outcome, transmitted }: Extract<CoapEffect, { kind: 'outcome' }>): boolean {
    const pending = this.#pending.get(id);
    if (!pending) return false;
    this.#pending.delete(id);
    const { request, path, session } = pending;
    if (outcome.kind === 'response') {
      const { message, truncated } = outcome;
      const body = asRecords(decodeBody(this.#unregistered, path, message, this.#o.wallClock(), truncated));
      this.#settle(request, { kind: 'answered', code: message.code, body }, session);
    } else if (outcome.kind === 'reset') this.#settle(request, { kind: 'reset' }, session);
    else if (transmitted) this.#settle(request, { kind: 'timeout' });
    else this.#settle(request, { kind: 'not-sent', reason: 'the session ended' });
    return true;
  }

  /** Answers a Bootstrap-Pack-Request. */
  pack({ exchange, format, records }: Extract<BootstrapDown, { kind: 'pack' }>, now: number): void {
    const payload = encodePack(format, records);
    const response =
      typeof payload === 'string'
        ? { code: Code.InternalServerError }
        : { code: Code.Content, options: [option(Option.ContentFormat, format)], payload };
    this.#o.coap.respond(ExchangeId(exchange), response, now);
  }

  #settle(request: RequestRef, outcome: RequestOutcome, session?: Session): void {
    const at = this.#o.wallClock();
    this.#o.deliver({ kind: 'outcome', at, session: session?.info, record: session?.record, request, outcome });
  }
}

/** @returns the operation, or why there is none in words */
function operationOf(operation: BootstrapLinkOperation): BootstrapOperation | string {
  if (operation.kind === 'finish') return operation;
  const path = parsePath(operation.path);
  if (!path) return `not a path: ${operation.path}`;
  switch (operation.kind) {
    case 'discover':
    case 'delete':
      return { kind: operation.kind, path };
    case 'read':
      return { kind: 'read', path, accept: operation.format };
    case 'write': {
      const records = recordsOf(operation.records);
      return typeof records === 'string' ? records : { kind: 'write', path, format: operation.format, records };
    }
  }
}
