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
import type { ServerEvent } from './effects.ts';
import type { Notifier } from './notifier.ts';
import { Right } from './objects/access-control.ts';
import { ServerResource } from './objects/server.ts';
import { type Served, type ServedDevice, serve } from './serving.ts';
import { partsSlot, takePart } from './updates/parts.ts';

interface ManagementParts {
  readonly coap: CoapEndpoint;
  readonly notifier: Notifier;
  /** The device as it is now, for the server. */
  readonly served: () => ServedDevice;
  readonly device: DeviceChanges;
  readonly emit: (event: ServerEvent) => void;
}

/** Something that the execution of a resource of object 1 sets off: an Update, a server's silence, a bootstrap. */
export type Consequence = 'update' | 'disable' | 'bootstrap';

/** What a server's operation means to the device and to its other servers, once its answer is on its way. */
export interface DeviceChanges {
  /** What can be read at or below a path may have changed. */
  touched(path: LwM2mPath): void;
  /** The server has made an object instance, or taken one away. */
  created(path: LwM2mPath, now: number): void;
  deleted(path: LwM2mPath, now: number): void;
  /** A lifetime may have changed. */
  lifetimeWritten(now: number): void;
  /** @param serverId the instance of object 1 that was executed */
  follow(consequence: Consequence, serverId: number, now: number): void;
}

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
    const by = this.#parts.served();
    const whole = partsSlot(message, by.model);
    if (whole !== undefined && by.permissions.permits(whole.path, Right.write)) {
      coap.respond(exchange, takePart(message, whole.taker), now);
      device.touched(instanceOf(whole.path));
      return;
    }
    const served = serve(message, by);
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

  #after(operation: Extract<Served, { kind: 'done' }>['operation'], now: number, location?: LwM2mPath): void {
    const { device, emit } = this.#parts;
    switch (operation.kind) {
      case 'writeAttributes':
        break;
      case 'create': {
        const { path: target, instanceId } = operation;
        const made = location ?? join(target, instanceId ?? 0) ?? target;
        emit({ kind: 'created', path: made });
        device.created(made, now);
        break;
      }
      case 'delete':
        emit({ kind: 'deleted', path: operation.path });
        if (level(operation.path) === PathLevel.instance) device.deleted(operation.path, now);
        else device.touched(operation.path);
        break;
      case 'execute': {
        const { path: target, args } = operation;
        device.touched(instanceOf(target));
        emit({ kind: 'executed', path: target, args });
        const [objectId, serverId = -1, resourceId = -1] = segments(target);
        const consequence = objectId === 1 ? EXECUTED[resourceId] : undefined;
        if (consequence !== undefined) device.follow(consequence, serverId, now);
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
    const { device, emit } = this.#parts;
    device.touched(instanceOf(target));
    emit({ kind: 'written', path: target, records });
    if (records.some((record) => isLifetime(record.path))) device.lifetimeWritten(now);
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
