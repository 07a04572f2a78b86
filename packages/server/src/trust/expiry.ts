import type { ExpiryAdmission } from '@reeve/contract';
import { ReeveError } from '../errors.ts';
import type { Handlers } from '../http/handlers.ts';
import type { DeviceId, Millis } from '../ids.ts';
import type { SessionEnder } from '../registry/end-sessions.ts';
import { type Fleet, pages, requireDevice } from '../registry/fleet.ts';
import type { Change, Store } from '../store/port.ts';
import type { Row } from '../store/tables.ts';
import { refused } from './encoded.ts';
import type { SeenCertificates } from './seen.ts';

type AdmissionRow = Row<'expiryAdmissions'>;

/** Longest time for which an expired certificate can be admitted at once: a year. */
const LONGEST_MS = 366 * 24 * 3_600_000;

/** Devices whose expired certificate is good enough until a date. */
export class ExpiryAdmissions {
  readonly #rows = new Map<DeviceId, AdmissionRow>();

  static async load(store: Store): Promise<ExpiryAdmissions> {
    const admissions = new ExpiryAdmissions();
    for await (const row of pages(store, 'expiryAdmissions')) admissions.#rows.set(row.deviceId, row);
    return admissions;
  }

  get(deviceId: DeviceId): AdmissionRow | undefined {
    return this.#rows.get(deviceId);
  }

  /** Whether an expired certificate of the device counts now. */
  admits(deviceId: DeviceId, now: Millis): boolean {
    const row = this.#rows.get(deviceId);
    return row !== undefined && now < row.until;
  }

  all(): IterableIterator<AdmissionRow> {
    return this.#rows.values();
  }

  /** After the commit. */
  put(row: AdmissionRow): void {
    this.#rows.set(row.deviceId, row);
  }

  /** After the commit. */
  remove(deviceId: DeviceId): void {
    this.#rows.delete(deviceId);
  }
}

interface Options {
  readonly store: Store;
  readonly fleet: Fleet;
  readonly admissions: ExpiryAdmissions;
  readonly seen: SeenCertificates;
  readonly ender: SessionEnder;
  readonly now: () => Millis;
}

type ExpiryRoute = 'admissions.list' | 'admissions.set' | 'admissions.remove';

/** Routes of expired certificates that count nonetheless. */
export function expiryHandlers(o: Options): Pick<Handlers, ExpiryRoute> {
  const view = ({ organisationId: _, ...row }: AdmissionRow): ExpiryAdmission => ({
    ...row,
    endpoint: o.fleet.get(row.deviceId)?.row.endpoint ?? row.deviceId,
  });
  return {
    'admissions.list': async ({ organisationId }) => ({
      items: [...o.admissions.all()].filter((row) => row.organisationId === organisationId).map(view),
    }),

    'admissions.set': async ({ organisationId, params, body, actor }) => {
      const device = requireDevice(o.fleet, organisationId, params.device);
      const at = o.now();
      if (body.until <= at) throw refused('body/until', 'is over already');
      if (body.until > at + LONGEST_MS) throw refused('body/until', 'is more than a year away: admit it again then');
      const { deviceId } = device.row;
      const { until, reason } = body;
      const row: AdmissionRow = { organisationId, deviceId, until, reason, person: actor.name, createdAt: at };
      await o.store.commit({
        changes: [{ put: 'expiryAdmissions', row }],
        journal: [{ type: 'certificate.admitted', at, organisationId, deviceId, actor, payload: { until, reason } }],
      });
      o.admissions.put(row);
      return view(row);
    },

    'admissions.remove': async ({ organisationId, params, actor }) => {
      const device = requireDevice(o.fleet, organisationId, params.device);
      if (!o.admissions.get(device.row.deviceId)) {
        throw new ReeveError('no-such-thing', `No expired certificate of "${params.device}" is admitted`);
      }
      const { deviceId } = device.row;
      const at = o.now();
      const change: Change = { delete: 'expiryAdmissions', key: { deviceId } };
      await o.store.commit({
        changes: [change],
        journal: [{ type: 'certificate.admission-ended', at, organisationId, deviceId, actor, payload: {} }],
      });
      o.admissions.remove(deviceId);
      for (const { identity, notAfter } of o.seen.of(deviceId))
        if (notAfter < at) o.ender.endIdentity(device, identity);
      return undefined;
    },
  };
}
