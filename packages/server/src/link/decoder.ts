import { type CoapMessage, Code, contentFormat, isSuccess, locationPath } from '@reeve/coap';
import {
  ContentFormat,
  decodeContent,
  discoveredNodes,
  isPrefixOf,
  KnownPacks,
  type LwM2mPath,
  level,
  type PackValues,
  PathLevel,
  parseLinks,
  parsePath,
  type ResourceDefinition,
  type ResourceRecord,
  ROOT_PATH,
  readDefinitions,
  resolveTime,
  segments,
  type TypeLookup,
} from '@reeve/lwm2m';
import type { Millis, RegistrationId } from '../ids.ts';
import { baseOf } from '../observations/target.ts';
import { Shared } from '../shared.ts';
import { SmallMap } from '../small-map.ts';
import { Models, toStored, versionsOf } from '../telemetry/models.ts';
import { asRecords, type LinkColumns, type LinkTold } from './columns.ts';
import { KnownOffers } from './known-offers.ts';
import { KnownRequests } from './known-requests.ts';
import type { LinkBody, LinkDown, LinkObservation, LinkRecord, Offer } from './port.ts';

/** A registration as far as decoding and encoding need it. */
export interface Registered {
  readonly registrationId: RegistrationId;
  readonly version: string;
  readonly offer: Offer;
  /** The objects of the offer. */
  readonly objectIds: ReadonlySet<number>;
  readonly resourceType: TypeLookup;
  /** Of the resource at a path, if it is known. */
  readonly definitionOf: (path: LwM2mPath) => ResourceDefinition | undefined;
  /** What such devices have told in SenML CBOR, so that it is read faster when it comes again. */
  readonly packs?: KnownPacks;
  /** What such devices have been asked for. */
  readonly requests?: KnownRequests;
}

/** What devices that offer the same have in common. */
type Kind = Required<Omit<Registered, 'registrationId'>>;

/** What a notification's token stands for. */
export interface Observed extends LinkObservation {
  readonly registered: Registered;
}

/** What is observed: equal for many devices, but for the token that it goes under. */
type Told = Omit<LinkObservation, 'token'> & { readonly behind?: RegistrationId };

/**
 * All that is known of a registration; what other devices offer too is held once for all of them. Of most devices there
 * is one observation, and no format that it has refused: neither is looked up by a name.
 */
class Known implements Registered {
  readonly registrationId: RegistrationId;
  kind: Kind;
  /** By token. */
  readonly observed = new SmallMap<Told>();
  /** Content formats that the device has refused. */
  refused: Set<number> | undefined;
  /** Of a device behind a gateway: what it is found by. */
  place: string | undefined = undefined;

  constructor(registrationId: RegistrationId, kind: Kind, refusedFormats: readonly number[]) {
    this.registrationId = registrationId;
    this.kind = kind;
    this.refused = refusedFormats.length > 0 ? new Set(refusedFormats) : undefined;
  }

  get version(): string {
    return this.kind.version;
  }

  get offer(): Offer {
    return this.kind.offer;
  }

  get objectIds(): ReadonlySet<number> {
    return this.kind.objectIds;
  }

  get resourceType(): TypeLookup {
    return this.kind.resourceType;
  }

  get definitionOf(): Registered['definitionOf'] {
    return this.kind.definitionOf;
  }

  get packs(): KnownPacks {
    return this.kind.packs;
  }

  get requests(): KnownRequests {
    return this.kind.requests;
  }
}

/** Kinds that are remembered though no device may be of them any more: what was learned of each takes up to 300 kB. */
const MAX_KINDS = 1000;

/** What a device behind a gateway is found by. */
function placeOf(gateway: RegistrationId, prefix = ''): string {
  return `${gateway}/${prefix}`;
}

/** Knows what each registration offers and observes, and decodes payloads by it. */
export class Decoder {
  readonly models = new Models();
  readonly #offers = new KnownOffers();
  readonly #known = new Map<RegistrationId, Known>();
  readonly #kinds = new Shared<Kind>(MAX_KINDS);
  /** Offers that came before: to compare one with others costs more than all else that a registration is read for. */
  #kindOfOffer = new WeakMap<Offer, Kind>();
  readonly #told = new Shared<Told>();
  readonly #places = new Map<string, RegistrationId>();

  /** Takes over object definitions; payloads are decoded by them from now on. */
  learn({ added, removed }: Extract<LinkDown, { kind: 'definitions' }>): void {
    const { definitions } = this.models;
    for (const { objectId, version } of removed) definitions.remove(objectId, version);
    for (const definition of added.flatMap(readDefinitions)) definitions.add(definition);
    this.#kinds.clear();
    this.#kindOfOffer = new WeakMap();
    for (const { kind } of this.#known.values()) {
      kind.packs.forget();
      kind.requests.forget();
    }
  }

  /** What a device lists with a Register or Update, or what is wrong with that in words. */
  offerOf(list: Uint8Array): Offer | string {
    return this.#offers.read(list);
  }

  /**
   * @param refusedFormats content formats that it has refused before
   * @param through registration of the gateway that the device is behind
   */
  register({
    registrationId,
    version,
    offer,
    refusedFormats = [],
    through,
  }: Pick<Registered, 'registrationId' | 'version' | 'offer'> & {
    readonly refusedFormats?: readonly number[];
    readonly through?: RegistrationId;
  }): Registered {
    const kind = this.#kindOf(version, offer);
    const known = this.#known.get(registrationId) ?? new Known(registrationId, kind, refusedFormats);
    known.kind = kind;
    this.#known.set(registrationId, known);
    if (through !== undefined) this.#place(known, placeOf(through, offer.prefix));
    return known;
  }

  #place(known: Known, place: string): void {
    this.#unplace(known);
    known.place = place;
    this.#places.set(place, known.registrationId);
  }

  #unplace({ registrationId, place }: Known): void {
    if (place !== undefined && this.#places.get(place) === registrationId) this.#places.delete(place);
  }

  #kindOf(version: string, offer: Offer): Kind {
    const known = this.#kindOfOffer.get(offer);
    if (known?.version === version) return known;
    const kind = this.#kinds.of(JSON.stringify([version, offer]), () => this.#newKind(version, offer));
    this.#kindOfOffer.set(offer, kind);
    return kind;
  }

  #newKind(version: string, offer: Offer): Kind {
    const model = { version, objects: offer.objects };
    return {
      version,
      offer,
      objectIds: new Set(offer.objects.map(({ objectId }) => objectId)),
      resourceType: this.models.definitions.resourceTypes(versionsOf(model)),
      definitionOf: (path) => this.models.resourceAt(path, model),
      packs: new KnownPacks(),
      requests: new KnownRequests(),
    };
  }

  /** The registration of that id, if it is there. */
  get(registrationId: RegistrationId): Registered | undefined {
    return this.#known.get(registrationId);
  }

  /** The registration of the device that a gateway names so. */
  behind(gateway: RegistrationId, prefix: string): Registered | undefined {
    const registrationId = this.#places.get(placeOf(gateway, prefix));
    return registrationId && this.get(registrationId);
  }

  forget(registrationId: RegistrationId): void {
    const known = this.#known.get(registrationId);
    if (known) this.#unplace(known);
    this.#known.delete(registrationId);
  }

  /** @param through registration of the gateway whose session it comes over, if the device is behind one */
  observe(registrationId: RegistrationId, { token, path, format }: LinkObservation, through = registrationId): void {
    const behind = through === registrationId ? undefined : registrationId;
    // Of most there is nothing to say but the path, which begins as no other key does.
    const isPlain = format === undefined && behind === undefined;
    const told = isPlain
      ? this.#told.of(path, () => ({ path }))
      : this.#told.of(`${format} ${behind} ${path}`, () => ({
          path,
          ...(format === undefined ? {} : { format }),
          ...(behind === undefined ? {} : { behind }),
        }));
    this.#known.get(through)?.observed.set(token, told);
  }

  unobserve(registrationId: RegistrationId, token: string): void {
    this.#known.get(registrationId)?.observed.delete(token);
  }

  /** The device can't do a content format: the others are tried first from now on. True if that is new. */
  refuse(registrationId: RegistrationId, format: number): boolean {
    const known = this.#known.get(registrationId);
    if (!known || known.refused?.has(format)) return false;
    known.refused = (known.refused ?? new Set()).add(format);
    return true;
  }

  /** Content formats that a device has refused since it registered. */
  refused(registrationId: RegistrationId): ReadonlySet<number> | undefined {
    return this.#known.get(registrationId)?.refused;
  }

  /** What a token of a session's registration stands for: of that device, or of one behind it. */
  observed(registrationId: RegistrationId, token: string): Observed | undefined {
    const told = this.#known.get(registrationId)?.observed.get(token);
    const registered = told && this.get(told.behind ?? registrationId);
    return registered && { registered, token, ...told };
  }

  /**
   * Decodes an answer by its own content format.
   * @param path what was asked for; of an observation, the text of its target
   */
  decode(registered: Registered, path: string, message: CoapMessage, at: Millis, truncated: boolean): LinkBody {
    return asRecords(this.decodeTold(registered, path, message, at, truncated));
  }

  /** As `decode`, of a notification. */
  decodeTold(registered: Registered, path: string, message: CoapMessage, at: Millis, truncated: boolean): LinkTold {
    return decodeBody(registered, baseOf(path) ?? path, message, at, truncated);
  }
}

/** Decodes an answer or notification by its own content format. */
export function decodeBody(
  registered: Pick<Registered, 'offer' | 'resourceType' | 'packs'>,
  path: string,
  message: CoapMessage,
  at: Millis,
  truncated: boolean,
): LinkTold {
  const parsed = parsePath(path);
  if (message.code === Code.Created) return createdOf(message, registered.offer);
  if (message.payload.length === 0 || !isSuccess(message.code) || !parsed) return { kind: 'empty' };
  const format = contentFormat(message) ?? ContentFormat.text;
  if (format === ContentFormat.linkFormat) return nodesOf(message.payload, parsed, registered.offer);
  const packs = format === ContentFormat.senmlCbor && !truncated ? registered.packs : undefined;
  const known = packs?.read(message.payload);
  if (known && isPrefixOf(parsed, known.form.within)) return columnsOf(known);
  const decoded = decodeContent({
    format,
    bytes: message.payload,
    path: parsed,
    resourceType: registered.resourceType,
    rootPath: registered.offer.rootPath,
    prefix: registered.offer.prefix,
  });
  if (!decoded.ok) {
    // The first block of a larger body is shown as far as it is whole, and never as an error of the device.
    return truncated
      ? { kind: 'records', records: [], truncated }
      : { kind: 'undecodable', detail: `cannot decode: ${decoded.error.detail}` };
  }
  packs?.learn(message.payload, decoded.records, registered.resourceType);
  return recordsOf(decoded.records, at, truncated);
}

type Records = Extract<LinkBody, { kind: 'records' }>;

/** What a Send holds: what the sender says of itself, and what it says of the devices behind it. */
export interface Sent {
  readonly own: Records | LinkColumns;
  readonly behind: ReadonlyMap<RegistrationId, Records>;
}

/** Of a sender that is no gateway. */
const NOBODY: Sent['behind'] = new Map();

/**
 * What a Send holds, or the code to refuse it with (LwM2M Core §6.4.5).
 * @param behind the device that the sender, a gateway, names so
 */
export function decodeSend(
  sender: Registered,
  message: CoapMessage,
  at: Millis,
  behind: (prefix: string) => Registered | undefined,
): { readonly ok: true; readonly sent: Sent } | { readonly ok: false; readonly code: number } {
  const format = contentFormat(message);
  if (format === undefined || !SEND_FORMATS.has(format)) return { ok: false, code: Code.UnsupportedContentFormat };
  const packs = format === ContentFormat.senmlCbor ? sender.packs : undefined;
  const known = packs?.read(message.payload);
  if (known?.form.objectIds.every((objectId) => sender.objectIds.has(objectId))) {
    return { ok: true, sent: { own: columnsOf(known), behind: NOBODY } };
  }
  const decoded = decodeContent({
    format,
    bytes: message.payload,
    path: ROOT_PATH,
    resourceType: sender.resourceType,
    rootPath: sender.offer.rootPath,
    behind: (prefix) => behind(prefix)?.resourceType ?? (() => undefined),
  });
  if (!decoded.ok) return { ok: false, code: Code.BadRequest };
  const { records } = decoded;
  const whole = records.every(({ path, value }) => level(path) >= PathLevel.resource && value.type !== 'none');
  if (records.length === 0 || !whole) return { ok: false, code: Code.BadRequest };
  if (records.every(({ path, prefix }) => prefix === undefined && isOf(sender, path))) {
    packs?.learn(message.payload, records, sender.resourceType);
    return { ok: true, sent: { own: recordsOf(records, at), behind: NOBODY } };
  }
  const told = Map.groupBy(records, ({ prefix }) => prefix);
  const sent = new Map<RegistrationId, Records>();
  for (const [prefix, of] of told) {
    const device = prefix === undefined ? sender : behind(prefix);
    if (!device || !of.every(({ path }) => isOf(device, path))) return { ok: false, code: Code.NotFound };
    if (device !== sender) sent.set(device.registrationId, recordsOf(of, at));
  }
  return { ok: true, sent: { own: recordsOf(told.get(undefined) ?? [], at), behind: sent } };
}

function isOf({ objectIds }: Registered, path: LwM2mPath): boolean {
  return objectIds.has(segments(path)[0] ?? -1);
}

const SEND_FORMATS: ReadonlySet<number> = new Set([
  ContentFormat.senmlJson,
  ContentFormat.senmlCbor,
  ContentFormat.lwm2mCbor,
]);

function recordsOf(records: readonly ResourceRecord[], at: Millis, truncated = false): Records {
  const linked = records.map((record): LinkRecord => {
    const { path, value, time } = record;
    const stored = toStored(value);
    return time === undefined ? { path, stored } : { path, stored, time: resolveTime(record, at) };
  });
  return { kind: 'records', records: linked, truncated };
}

function columnsOf({ form, values }: PackValues): LinkColumns {
  return { kind: 'columns', form, values };
}

/** The instance that a 2.01 names, with or without the device's alternate path. */
function createdOf(message: CoapMessage, { rootPath }: Offer): LinkBody {
  const location = `/${locationPath(message).join('/')}`;
  const path = parsePath(
    rootPath !== '/' && location.startsWith(`${rootPath}/`) ? location.slice(rootPath.length) : location,
  );
  return path !== undefined && level(path) === PathLevel.instance ? { kind: 'created', path } : { kind: 'empty' };
}

/** What an answer to Discover lists. */
function nodesOf(payload: Uint8Array, path: LwM2mPath, { rootPath }: Offer): LinkBody {
  const parsed = parseLinks(payload);
  if (!parsed.ok) return { kind: 'undecodable', detail: `cannot decode: ${parsed.error.detail}` };
  return { kind: 'nodes', nodes: discoveredNodes(parsed.links, path, rootPath) };
}
