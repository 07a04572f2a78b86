import { type CoapEndpoint, type CoapMessage, Code, type ExchangeId, Option, option } from '@reeve/coap';
import {
  ContentFormat,
  join,
  type LwM2mPath,
  level,
  PathLevel,
  path,
  type ResourceRecord,
  segments,
} from '@reeve/lwm2m';
import type { ClientEvent } from './effects.ts';
import type { Notifier } from './notifier.ts';
import { ServerResource } from './objects/server.ts';
import { type Served, type ServedDevice, serve } from './serving.ts';
import { partsSlot, takePart } from './updates/parts.ts';

interface ManagementParts {
  readonly coap: CoapEndpoint;
  readonly notifier: Notifier;
  /** The device as it is now. */
  readonly device: () => ServedDevice;
  readonly emit: (event: ClientEvent) => void;
  /** What follows from an operation for the client itself, after its answer is on its way. */
  readonly follow: (consequence: Consequence, now: number) => void;
}

/** Something that a server sets off: an Update, one if there is anything to tell, its own silence, a bootstrap. */
export type Consequence = 'update' | 'changed' | 'disable' | 'bootstrap';

const { disable, updateTrigger, bootstrapTrigger } = ServerResource;

/** What follows from the execution of a resource of object 1 (OMA Core Appendix E.2). */
const EXECUTED: Readonly<Record<number, Consequence>> = {
  [disable]: 'disable',
  [updateTrigger]: 'update',
  [bootstrapTrigger]: 'bootstrap',
};

/** Answers what a server asks of the device, and sees to what follows from it (OMA Core §6.3, §6.4). */
export class Management {
  readonly #parts: ManagementParts;

  constructor(parts: ManagementParts) {
    this.#parts = parts;
  }

  answer(exchange: ExchangeId, message: CoapMessage, now: number): void {
    const { coap, notifier, device, emit } = this.#parts;
    const whole = partsSlot(message, device().model);
    if (whole !== undefined) {
      coap.respond(exchange, takePart(message, whole.taker), now);
      notifier.touch(instanceOf(whole.path));
      return;
    }
    const served = serve(message, device());
    switch (served.kind) {
      case 'refused': {
        const { kind, code, detail } = served;
        emit({ kind, code, detail });
        coap.respond(exchange, { code }, now);
        break;
      }
      case 'discovered': {
        const options = [option(Option.ContentFormat, ContentFormat.linkFormat)];
        coap.respond(exchange, { code: Code.Content, options, payload: served.payload }, now);
        break;
      }
      case 'read':
      case 'observe':
      case 'cancelObserve':
        coap.respond(exchange, notifier.answer(served, message.token, now), now);
        break;
      case 'done': {
        const { code, location, operation } = served;
        const ids = location === undefined ? [] : segments(location);
        const options = ids.map((id) => option(Option.LocationPath, `${id}`));
        coap.respond(exchange, { code, options }, now);
        this.#after(operation, now, location);
        break;
      }
    }
  }

  /** Instances of an object have come or gone. */
  instancesChanged(path: LwM2mPath, now: number): void {
    this.#parts.notifier.touch(path);
    this.#parts.follow('changed', now);
  }

  #after(operation: Extract<Served, { kind: 'done' }>['operation'], now: number, location?: LwM2mPath): void {
    const { notifier, emit, follow } = this.#parts;
    switch (operation.kind) {
      case 'writeAttributes':
        break;
      case 'create': {
        const { path: target, instanceId } = operation;
        const made = location ?? join(target, instanceId ?? 0) ?? target;
        emit({ kind: 'created', path: made });
        this.instancesChanged(made, now);
        break;
      }
      case 'delete':
        emit({ kind: 'deleted', path: operation.path });
        if (level(operation.path) === PathLevel.instance) this.instancesChanged(operation.path, now);
        else notifier.touch(operation.path);
        break;
      case 'execute': {
        const { path: target, args } = operation;
        notifier.touch(instanceOf(target));
        emit({ kind: 'executed', path: target, args });
        const [objectId, , resourceId = -1] = segments(target);
        const consequence = objectId === 1 ? EXECUTED[resourceId] : undefined;
        if (consequence !== undefined) follow(consequence, now);
        break;
      }
      case 'writeReplace':
      case 'writePartial':
        this.#written(operation.path, operation.records, now);
        break;
      case 'writeComposite': {
        const byInstance = Map.groupBy(operation.records, (record) => instanceOf(record.path));
        for (const [instance, records] of byInstance) this.#written(instance, records, now);
        break;
      }
    }
  }

  #written(target: LwM2mPath, records: readonly ResourceRecord[], now: number): void {
    const { notifier, emit, follow } = this.#parts;
    notifier.touch(instanceOf(target));
    emit({ kind: 'written', path: target, records });
    if (records.some((record) => isLifetime(record.path))) follow('changed', now);
  }
}

/** What a change at a resource may concern: resources of one object instance depend on each other. */
function instanceOf(target: LwM2mPath): LwM2mPath {
  const [objectId = 0, instanceId = 0] = segments(target);
  return path(objectId, instanceId);
}

function isLifetime(target: LwM2mPath): boolean {
  const [objectId, , resourceId] = segments(target);
  return objectId === 1 && resourceId === ServerResource.lifetime;
}
