import { Code } from '@reeve/coap';
import { type LwM2mPath, level, type Operation, PathLevel, path as pathOf, segments } from '@reeve/lwm2m';
import type { ObjectInstance } from './instance.ts';
import type { DeviceModel } from './model.ts';
import { AccessControlResource, accessControlInstance, NONE, Right } from './objects/access-control.ts';
import { type Outcome, refusal } from './outcome.ts';
import { isMultiple } from './resource.ts';

const ACCESS_CONTROL = 2;
const ALL_BUT_CREATE = Right.read | Right.write | Right.execute | Right.delete;

/** Whether a path lies in what says who may do what. */
export function isAccessControl(path: LwM2mPath): boolean {
  return segments(path)[0] === ACCESS_CONTROL;
}

/** What one server may do. */
export interface Permissions {
  /** Whether a server has a right over the object instance at or above a path; `create` is a right over an object. */
  permits(path: LwM2mPath, right: Right): boolean;
}

/** The right that each operation takes; Discover takes none (OMA Core §8.2). */
const RIGHT_OF: Readonly<Record<Exclude<Operation['kind'], 'discover'>, Right>> = {
  read: Right.read,
  observe: Right.read,
  cancelObserve: Right.read,
  readComposite: Right.read,
  observeComposite: Right.read,
  cancelObserveComposite: Right.read,
  writeAttributes: Right.read,
  writeReplace: Right.write,
  writePartial: Right.write,
  writeComposite: Right.write,
  execute: Right.execute,
  create: Right.create,
  delete: Right.delete,
};

/**
 * Why a server may not do something: 4.01. What it reads of an object or of several nodes is what it may read of it, so
 * that this is not decided here but by `readable`.
 */
export function denialOf(operation: Operation, permissions: Permissions): ReturnType<typeof refusal> | undefined {
  if (operation.kind === 'discover') return undefined;
  const right = RIGHT_OF[operation.kind];
  const denied = pathsOf(operation).find((path) => !permissions.permits(path, right));
  return denied === undefined ? undefined : refusal(Code.Unauthorized, `the server has no right to ${denied}`);
}

function pathsOf(operation: Exclude<Operation, { kind: 'discover' }>): readonly LwM2mPath[] {
  switch (operation.kind) {
    case 'readComposite':
    case 'observeComposite':
    case 'cancelObserveComposite':
      return [];
    case 'writeComposite':
      return operation.records.map(({ path }) => path);
    case 'create':
      return [operation.path];
    default:
      return level(operation.path) === PathLevel.object ? [] : [operation.path];
  }
}

/** Of what was read, what a server may read; 4.01 if that is nothing of it. */
export function readable<Record extends { readonly path: LwM2mPath }>(
  records: readonly Record[],
  permissions: Permissions,
): Outcome<{ readonly records: readonly Record[] }> {
  const known = new Map<string, boolean>();
  const permitted = records.filter(({ path }) => {
    const [objectId, instanceId] = segments(path);
    const instance = `${objectId}/${instanceId}`;
    const allowed = known.get(instance) ?? permissions.permits(path, Right.read);
    known.set(instance, allowed);
    return allowed;
  });
  return permitted.length > 0 || records.length === 0
    ? { ok: true, records: permitted }
    : refusal(Code.Unauthorized, 'the server may read nothing of it');
}

/** Who may do what, by the instances of object 2 (OMA Core §8). With one server there is nothing to deny. */
export class AccessControl {
  readonly #model: DeviceModel;
  readonly #isInForce: () => boolean;

  /** @param isInForce whether there are several servers */
  constructor(model: DeviceModel, isInForce: () => boolean) {
    this.#model = model;
    this.#isInForce = isInForce;
  }

  /** @param server its short id */
  of(server: number): Permissions {
    return { permits: (path, right) => !this.#isInForce() || (this.#rights(server, path, right) & right) !== 0 };
  }

  /** A server has made an object instance, and owns it from now on. @returns the path of what says so */
  made(path: LwM2mPath, server: number): LwM2mPath | undefined {
    if (!this.#isInForce()) return undefined;
    const [objectId = -1, instanceId = -1] = segments(path);
    const taken = new Set(this.#model.instances(ACCESS_CONTROL).map(({ id }) => id));
    const free = Array.from({ length: taken.size + 1 }, (_, id) => id).find((id) => !taken.has(id));
    const instance = accessControlInstance({ objectId, instanceId, owner: server }, free);
    this.#model.add(instance);
    return instance.path;
  }

  /** An object instance is gone, and what said who may use it goes too. @returns its path */
  gone(path: LwM2mPath): LwM2mPath | undefined {
    const [objectId = -1, instanceId = -1] = segments(path);
    const instance = this.#about(objectId, instanceId);
    if (instance !== undefined) this.#model.remove(instance.path);
    return instance?.path;
  }

  /**
   * A server has no account any more: its rights end, and what it owned is the one's that may write and delete it most
   * (OMA Transport §5.2.5).
   *
   * @returns the object instances that it alone could use
   */
  forget(server: number): readonly LwM2mPath[] {
    const alone: LwM2mPath[] = [];
    for (const instance of this.#model.instances(ACCESS_CONTROL)) {
      const owner = this.#ownerOf(instance);
      const before = entriesOf(instance);
      if (owner !== server && !before.has(server)) continue;
      const left = [...before].filter(([id]) => id !== server);
      const next = owner === server ? heirAmong(left) : owner;
      if (next === NONE && left.every(([, rights]) => rights === 0)) alone.push(this.#subjectOf(instance));
      const entries = left.map(([id, value]) => [id, { type: 'integer', value }] as const);
      instance.slots.get(AccessControlResource.rights)?.resource.write?.(new Map(entries));
      instance.slots.get(AccessControlResource.owner)?.resource.write?.({ type: 'integer', value: next });
    }
    return alone;
  }

  /** The owner's rights, unless there are some for it; those for the server; those for every server; none. */
  #rights(server: number, path: LwM2mPath, right: Right): number {
    const [objectId = -1, instanceId = NONE] = segments(path);
    if (isAccessControl(path)) return this.#rightsOverAccess(server, instanceId);
    const instance = this.#about(objectId, right === Right.create ? NONE : instanceId);
    if (instance === undefined) return 0;
    const entries = entriesOf(instance);
    return entries.get(server) ?? (this.#ownerOf(instance) === server ? ALL_BUT_CREATE : entries.get(0)) ?? 0;
  }

  /** Access rights are for all to read, and for the owner to change. */
  #rightsOverAccess(server: number, instanceId: number): number {
    const instance = this.#model.instances(ACCESS_CONTROL).find(({ id }) => id === instanceId);
    return instance !== undefined && this.#ownerOf(instance) === server ? Right.read | Right.write : Right.read;
  }

  #about(objectId: number, instanceId: number): ObjectInstance | undefined {
    return this.#model
      .instances(ACCESS_CONTROL)
      .find(
        ({ path }) =>
          this.#number(path, AccessControlResource.objectId) === objectId &&
          this.#number(path, AccessControlResource.instanceId) === instanceId,
      );
  }

  /** What an instance of object 2 is about. */
  #subjectOf({ path }: ObjectInstance): LwM2mPath {
    const objectId = this.#number(path, AccessControlResource.objectId) ?? 0;
    return pathOf(objectId, this.#number(path, AccessControlResource.instanceId) ?? NONE);
  }

  #ownerOf({ path }: ObjectInstance): number {
    return this.#number(path, AccessControlResource.owner) ?? NONE;
  }

  #number(path: LwM2mPath, resourceId: number): number | undefined {
    const [objectId = ACCESS_CONTROL, instanceId = 0] = segments(path);
    return this.#model.number(pathOf(objectId, instanceId, resourceId));
  }
}

/** Rights by short server id. */
function entriesOf({ slots }: ObjectInstance): ReadonlyMap<number, number> {
  const content = slots.get(AccessControlResource.rights)?.resource.read?.();
  const entries = content !== undefined && isMultiple(content) ? [...content] : [];
  return new Map(entries.flatMap(([id, { value }]) => (typeof value === 'number' ? [[id, value]] : [])));
}

/** The server that may do most of Write and Delete, the first of several; none where no server is named that may do anything. */
function heirAmong(entries: readonly (readonly [server: number, rights: number])[]): number {
  const control = (rights: number) => Math.sign(rights & Right.write) + Math.sign(rights & Right.delete);
  const heirs = entries.filter(([server, rights]) => server !== 0 && rights !== 0);
  const [heir] = heirs.sort(([, one], [, other]) => control(other) - control(one));
  return heir?.[0] ?? NONE;
}
