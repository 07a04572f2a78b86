/** Extensions of the hellos, declared as data. */
import type { Extension } from './messages.ts';
import type { Objection } from './objection.ts';
import { decode, encode, type Field, fixed, list, opaque, rest, struct, uint } from './schema.ts';

/** An extension: its type, and what it carries in each hello; not every one is allowed in both. */
interface Declaration<C, S> {
  readonly name: string;
  readonly type: number;
  readonly client: Field<C>;
  readonly server: Field<S>;
}

function declare<C, S>(name: string, type: number, client: Field<C>, server: Field<S>): Declaration<C, S> {
  return { name, type, client, server };
}

const empty = fixed(0);
const serverName = struct<{ type: number; name: Uint8Array }>({ type: uint(1), name: opaque(2) });

/** Every extension that is implemented; every other one in a ClientHello is ignored. */
export const EXTENSIONS = {
  /** RFC 6066 §3. */
  serverName: declare('server_name', 0, list(2, serverName, { min: 1 }), empty),
  /** RFC 6066 §4. */
  maxFragmentLength: declare('max_fragment_length', 1, uint(1), uint(1)),
  /** RFC 8422 §5.1.1. */
  supportedGroups: declare('supported_groups', 10, list(2, uint(2), { min: 1 }), empty),
  /** RFC 8422 §5.1.2. */
  pointFormats: declare('ec_point_formats', 11, list(1, uint(1), { min: 1 }), list(1, uint(1), { min: 1 })),
  /** RFC 5246 §7.4.1.4.1. */
  signatureSchemes: declare('signature_algorithms', 13, list(2, uint(2), { min: 1 }), empty),
  /** RFC 7250 §3. */
  clientCertificateType: declare('client_certificate_type', 19, list(1, uint(1), { min: 1 }), uint(1)),
  serverCertificateType: declare('server_certificate_type', 20, list(1, uint(1), { min: 1 }), uint(1)),
  /** RFC 7366 §2. */
  encryptThenMac: declare('encrypt_then_mac', 22, empty, empty),
  /** RFC 7627 §5.1. */
  extendedMasterSecret: declare('extended_master_secret', 23, empty, empty),
  /** RFC 8449 §4. */
  recordSizeLimit: declare('record_size_limit', 28, uint(2), uint(2)),
  /** RFC 5077 §3.2. */
  sessionTicket: declare('session_ticket', 35, rest(), empty),
  /** RFC 9146 §3. Its draft's code points are unknown here, and so ignored. */
  connectionId: declare('connection_id', 54, opaque(1), opaque(1)),
  /** RFC 5746 §3.2; whoever renegotiates puts something in. */
  renegotiationInfo: declare('renegotiation_info', 0xff01, opaque(1), opaque(1)),
} as const;

type Declared = (typeof EXTENSIONS)[keyof typeof EXTENSIONS];

const BY_TYPE: ReadonlyMap<number, Declared> = new Map(Object.values(EXTENSIONS).map((one) => [one.type, one]));

/** The values of an ExtendedMasterSecret and others that say all by being there. */
export const PRESENT = new Uint8Array(0);

/** RFC 6066 §4: the code of each length in octets. */
export const FRAGMENT_LENGTHS: readonly (512 | 1024 | 2048 | 4096)[] = [512, 1024, 2048, 4096];

/** RFC 7250 §3. */
export const CertificateType = { X509: 0, RAW_PUBLIC_KEY: 2 } as const;

/** RFC 8422 §5.1.2: the one form of points that anybody uses. */
export const UNCOMPRESSED_POINTS = 0;

const HOST_NAME = 0;
/** Octets of a name in the DNS (RFC 1035 §2.3.4). */
const LONGEST_HOST_NAME = 255;

/** An extension of our ClientHello, and of our ServerHello. */
export function offer<C, S>(declaration: Declaration<C, S>, value: C): Extension {
  return { type: declaration.type, data: encode(declaration.client, value) };
}

export function answer<C, S>(declaration: Declaration<C, S>, value: S): Extension {
  return { type: declaration.type, data: encode(declaration.server, value) };
}

/**
 * The extensions of one hello of the peer. The first one that is malformed sticks in `objection`: from then on there
 * is nothing to read, so that readers need no error handling of their own.
 */
export class ExtensionReader {
  readonly #extensions: readonly Extension[];
  objection: Objection | undefined;

  constructor(extensions: readonly Extension[]) {
    this.#extensions = extensions;
    const seen = new Set<number>();
    for (const { type } of extensions) {
      if (seen.has(type)) this.objection ??= malformed(`the peer sent the extension ${extensionLabel(type)} twice`);
      seen.add(type);
    }
  }

  client<C, S>(declaration: Declaration<C, S>): C | undefined {
    return this.#read(declaration, declaration.client);
  }

  server<C, S>(declaration: Declaration<C, S>): S | undefined {
    return this.#read(declaration, declaration.server);
  }

  #read<T>({ type, name }: { readonly type: number; readonly name: string }, field: Field<T>): T | undefined {
    const extension = this.#extensions.find((one) => one.type === type);
    if (extension === undefined || this.objection !== undefined) return undefined;
    const parsed = decode(field, extension.data);
    if (parsed.ok) return parsed.value;
    this.objection = malformed(`the extension ${name} of the peer is malformed`, 'decode_error');
    return undefined;
  }
}

/**
 * What is wrong with the extensions of a ServerHello as such: only what was offered may be answered.
 * A renegotiation_info answers the suite that stands for it (RFC 5746 §3.4).
 */
export function objectToAnswers(offered: readonly Extension[], answered: readonly Extension[]): Objection | undefined {
  const { type: renegotiationInfo } = EXTENSIONS.renegotiationInfo;
  const stranger = answered.find(({ type }) => type !== renegotiationInfo && !offered.some((one) => one.type === type));
  if (stranger === undefined) return undefined;
  const detail = `the server answered the extension ${extensionLabel(stranger.type)}, which was not offered`;
  return malformed(detail, 'unsupported_extension');
}

/** The host name that a ClientHello asks for, in lower case; one that no host can have is an objection. */
export function hostNameOf(reader: ExtensionReader): string | undefined {
  const names = reader.client(EXTENSIONS.serverName);
  const host = names?.find(({ type }) => type === HOST_NAME)?.name;
  if (host === undefined) return undefined;
  if (host.length === 0 || host.length > LONGEST_HOST_NAME || host.some((octet) => octet < 0x21 || octet > 0x7e)) {
    reader.objection ??= malformed('the peer asks for a server by what is no host name');
    return undefined;
  }
  return Buffer.from(host).toString('latin1').toLowerCase();
}

export function hostName(name: string): { readonly type: number; readonly name: Uint8Array }[] {
  return [{ type: HOST_NAME, name: Buffer.from(name, 'latin1') }];
}

/** An extension for people: its name, or its number when it is not implemented. */
function extensionLabel(type: number): string {
  return BY_TYPE.get(type)?.name ?? `${type}`;
}

function malformed(detail: string, alert: Objection['alert'] = 'illegal_parameter'): Objection {
  return { check: 'malformed', detail, alert };
}
