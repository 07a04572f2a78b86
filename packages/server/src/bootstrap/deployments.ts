import type { SetValue } from '@reeve/contract';
import type { CommandQueue } from '../commands/queue.ts';
import { ReeveError } from '../errors.ts';
import type { DeviceId, Millis } from '../ids.ts';
import type { Lanes } from '../lanes.ts';
import { type Device, type Fleet, pages } from '../registry/fleet.ts';
import type { Change, Store } from '../store/port.ts';
import { SealError, type SealedPlace } from '../store/sealing.ts';
import type { Row } from '../store/tables.ts';
import type { Models } from '../telemetry/models.ts';
import type { SecretValues } from '../telemetry/secret-values.ts';
import { faultOf } from './check.ts';
import { filled } from './placeholders.ts';
import type { TemplateValues } from './template-values.ts';
import type { Templates } from './templates.ts';

interface Options {
  readonly store: Store;
  readonly secrets: SecretValues;
  readonly fleet: Fleet;
  readonly lanes: Lanes;
  readonly templates: Templates;
  readonly templateValues: TemplateValues;
  readonly models: Models;
  readonly now: () => Millis;
}

type DeploymentRow = Row<'deployments'>;
type Queue = Pick<CommandQueue, 'draft'>;

/** How long the writes wait for a device that sleeps. */
const EXPIRY_MS = 30 * 24 * 3_600_000;

/** What is to be done about a device: nothing can be written to it while secrets of its group, or its own, do not open. */
type Due =
  | { readonly kind: 'values'; readonly values: readonly SetValue[] }
  | { readonly kind: 'unreadable'; readonly group?: string };

const actor = { kind: 'server', name: 'deployment' } as const;

/**
 * What belongs to the place where a device works: site, position, time zone, any resource. Written once, after its first
 * registration; the values of its group, and its own before them.
 */
export class Deployments {
  readonly #o: Options;
  readonly #rows = new Map<DeviceId, DeploymentRow>();

  private constructor(options: Options) {
    this.#o = options;
  }

  static async load(options: Options): Promise<Deployments> {
    const deployments = new Deployments(options);
    for await (const row of pages(options.store, 'deployments')) deployments.put(row);
    return deployments;
  }

  /**
   * The row of a new device with values of its own; none without.
   *
   * @param at where they stand in the request
   * @throws ReeveError `invalid-request`
   */
  rowOf(
    { organisationId, deviceId }: Row<'devices'>,
    values: readonly SetValue[] | undefined,
    at: string,
  ): DeploymentRow | undefined {
    if (values === undefined || values.length === 0) return undefined;
    const places = values.flatMap((each, index) => {
      const message = faultOf(each, this.#o.models, 'filled');
      return message === undefined ? [] : [{ at: `${at}/${index}`, message }];
    });
    if (places.length > 0) throw new ReeveError('invalid-request', 'Values that can not be written', places);
    const { values: shown, sealed } = this.#o.secrets.keep(values, placeOf(deviceId), undefined);
    return { organisationId, deviceId, values: shown, ...(sealed && { sealedValues: sealed }) };
  }

  /** After the commit. */
  put(row: DeploymentRow): void {
    this.#rows.set(row.deviceId, row);
  }

  /** The device is gone. */
  forget(deviceId: DeviceId): void {
    this.#rows.delete(deviceId);
  }

  /** Queues for every device what a process before could not any more. */
  async resume(queue: Queue): Promise<void> {
    for (const device of this.#o.fleet.all()) if (this.#dueTo(device)) await this.#queue(device, queue);
  }

  /** The device has registered: what it was never written is queued. */
  registered(device: Device, queue: Queue): void {
    if (!this.#dueTo(device)) return;
    // What fails is tried again when it registers next, and at the next start.
    void this.#o.lanes.run(device.row.deviceId, () => this.#queue(device, queue)).catch(() => {});
  }

  /** What is to be written to a device; undefined if nothing, or if that was queued, or was told to be unreadable, before. */
  #dueTo({ row, registration }: Device): Due | undefined {
    if (registration?.state !== 'registered') return undefined;
    const own = this.#rows.get(row.deviceId);
    if (own?.queuedAt !== undefined) return undefined;
    // Asked for at every registration, and most devices are written nothing.
    if (!own && !this.#o.templates.for(row).template.values) return undefined;
    const opened = this.#opened(row, own);
    if (opened.kind === 'unreadable') return own?.unreadableAt === undefined ? opened : undefined;
    const byPath = new Map(opened.values.map((each) => [each.path, each]));
    const values = [...byPath.values()].flatMap((each) => filled(each, row, this.#o.models, registration) ?? []);
    return values.length === 0 ? undefined : { kind: 'values', values };
  }

  /** Those of its group, and then its own; all of them, so that none is passed over. */
  #opened(row: Row<'devices'>, own: DeploymentRow | undefined): Due {
    const { secrets, templates, templateValues } = this.#o;
    const { organisationId, deviceId } = row;
    const { group, template } = templates.for(row);
    const ofGroup = templateValues.open(template, { organisationId, name: group });
    if (!ofGroup) return { kind: 'unreadable', group };
    try {
      const ofDevice = own ? secrets.open(own.values, own.sealedValues, placeOf(deviceId)) : [];
      return { kind: 'values', values: [...ofGroup.values, ...ofDevice] };
    } catch (error) {
      if (error instanceof SealError) return { kind: 'unreadable' };
      throw error;
    }
  }

  async #queue(device: Device, queue: Queue): Promise<void> {
    const due = this.#dueTo(device);
    if (due?.kind === 'unreadable') await this.#tell(device, due.group);
    if (due?.kind !== 'values') return;
    const { values } = due;
    const { organisationId, deviceId } = device.row;
    const at = this.#o.now();
    const drafts = values.map((value) =>
      queue.draft({
        organisationId,
        deviceId,
        operation: { kind: 'write', mode: 'replace', path: value.path, values: [value] },
        actor,
        expiresAt: at + EXPIRY_MS,
      }),
    );
    const row: DeploymentRow = {
      organisationId,
      deviceId,
      // Their commands have what is secret.
      values: this.#o.secrets.keep(values, placeOf(deviceId), device.registration).values,
      queuedAt: at,
      commands: drafts.map(({ commandId }) => commandId),
    };
    const changes: Change[] = [{ put: 'deployments', row }];
    const paths = values.map(({ path }) => path);
    await this.#o.store.commit({
      changes: [...changes, ...drafts.flatMap(({ batch }) => batch.changes)],
      journal: [
        { type: 'deployment.queued', at, organisationId, deviceId, actor, payload: { paths } },
        ...drafts.flatMap(({ batch }) => batch.journal),
      ],
    });
    this.put(row);
  }

  /** @param group whose values do not open; without, it is those of the device */
  async #tell({ row: { organisationId, deviceId } }: Device, group: string | undefined): Promise<void> {
    const at = this.#o.now();
    const row = { ...(this.#rows.get(deviceId) ?? { organisationId, deviceId, values: [] }), unreadableAt: at };
    const payload = group === undefined ? {} : { group };
    await this.#o.store.commit({
      changes: [{ put: 'deployments', row }],
      journal: [{ type: 'deployment.unreadable', at, organisationId, deviceId, actor, payload }],
    });
    this.put(row);
  }
}

function placeOf(deviceId: DeviceId): SealedPlace {
  return { table: 'deployments', row: deviceId, column: 'sealedValues' };
}
