import { readFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import Type, { type Static } from 'typebox';
import { Errors } from 'typebox/value';
import { clientKinds, suiteNames } from './link/dtls-settings.ts';

const oneOf = <const W extends string>(words: readonly W[]) =>
  Type.Unsafe<W>(Type.Union(words.map((word) => Type.Literal(word))));

/** What a socket of the file can speak. */
const transports = ['coaps', 'coaps+tcp', 'coap+tcp'] as const;

/** One socket. What is left out is as without the file. */
const Listener = Type.Object(
  {
    transport: Type.Optional(oneOf(transports)),
    host: Type.String({ minLength: 1, description: 'IP address' }),
    port: Type.Integer({ minimum: 0, maximum: 65_535 }),
    bootstrap: Type.Optional(Type.Boolean({ description: 'it serves the bootstrap interface, and nothing else' })),
    oscore: Type.Optional(
      Type.Boolean({ description: 'of coap+tcp: it hears those who protect what they say by OSCORE, and nobody else' }),
    ),
    suites: Type.Optional(Type.Array(oneOf(suiteNames), { minItems: 1, uniqueItems: true })),
    credentials: Type.Optional(Type.Array(oneOf(clientKinds), { minItems: 1, uniqueItems: true })),
    requireExtendedMasterSecret: Type.Optional(Type.Boolean()),
    resumption: Type.Optional(Type.Boolean()),
    connectionIds: Type.Optional(Type.Boolean()),
    staleRevocationList: Type.Optional(oneOf(['accept', 'refuse'])),
  },
  { additionalProperties: false },
);

/** A certificate chain of the server, by its PEM files. */
const Identity = Type.Object(
  {
    serverNames: Type.Optional(Type.Array(Type.String({ minLength: 1, maxLength: 255 }), { minItems: 1 })),
    certificate: Type.String({
      minLength: 1,
      description: 'PEM file: the server certificate, then those that lead to its root',
    }),
    key: Type.String({ minLength: 1, description: 'PEM file of the private key: ECDSA on P-256 or P-384' }),
  },
  { additionalProperties: false },
);

const bytesPerSecond = Type.Integer({ minimum: 1, maximum: 1_000_000_000 });

/** How much devices are sent without urgency. What is left out is as without the file. */
const Downlink = Type.Object(
  {
    bytesPerSecond: Type.Optional(bytesPerSecond),
    siteBytesPerSecond: Type.Optional(bytesPerSecond),
    sites: Type.Optional(Type.Record(Type.String(), bytesPerSecond)),
  },
  { additionalProperties: false },
);

/** Who sends SMS that wake devices. What is left out is as `wakeLimits` has it. */
const Sms = Type.Object(
  {
    url: Type.String({ pattern: '^https?://.' }),
    secretFile: Type.String({ minLength: 1, description: 'file of the secret that posts are signed with' }),
    wake: Type.Optional(oneOf(['urgent', 'normal', 'never'])),
    minutesBetween: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
    perDay: Type.Optional(Type.Integer({ minimum: 1, maximum: 1440 })),
    perHour: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })),
  },
  { additionalProperties: false },
);

const ConfigFile = Type.Object(
  {
    listeners: Type.Optional(Type.Array(Listener, { minItems: 1, maxItems: 16 })),
    identities: Type.Optional(Type.Array(Identity, { minItems: 1, maxItems: 64 })),
    downlink: Type.Optional(Downlink),
    sms: Type.Optional(Sms),
    keepSessionDays: Type.Optional(
      Type.Integer({ minimum: 0, maximum: 3650, description: 'days that sessions outlive registrations; default 7' }),
    ),
  },
  { additionalProperties: false },
);
export type ConfigFile = Static<typeof ConfigFile>;

/** A configuration file that can't be used; the message has a line for each thing that is wrong. */
export class ConfigError extends Error {
  constructor(file: string, faults: readonly string[]) {
    super(`${file} can't be used:${faults.map((fault) => `\n  ${fault}`).join('')}`);
    this.name = 'ConfigError';
  }
}

/** Reads a configuration file. Paths in it are relative to it. @throws ConfigError */
export async function readConfigFile(file: string): Promise<ConfigFile> {
  const text = await readFile(file, 'utf8').catch((cause: Error) => {
    throw new ConfigError(file, [cause.message]);
  });
  const config = parse(file, text);
  const faults = faultsOf(config);
  if (faults.length > 0) throw new ConfigError(file, faults);
  const { identities, sms, ...rest } = config as ConfigFile;
  const folder = dirname(file);
  return {
    ...rest,
    ...(identities && {
      identities: identities.map((one) => ({
        ...one,
        certificate: resolve(folder, one.certificate),
        key: resolve(folder, one.key),
      })),
    }),
    ...(sms && { sms: { ...sms, secretFile: resolve(folder, sms.secretFile) } }),
  };
}

function parse(file: string, text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new ConfigError(file, [`it is no JSON: ${error instanceof Error ? error.message : String(error)}`]);
  }
}

/** One line for each place that does not fit, with what may stand there. */
function faultsOf(config: unknown): string[] {
  const lines = new Map<string, string>();
  for (const { keyword, instancePath, params, message } of Errors(ConfigFile, config)) {
    const at =
      instancePath
        .replace(/\/(\d+)/g, '[$1]')
        .replace(/\//g, '.')
        .replace(/^\./, '') || 'the file';
    if (keyword === 'boolean') lines.set(at, `${at}: there is no such setting`);
    else if (keyword === 'const' || keyword === 'anyOf') lines.set(at, `${at}: ${choices(at)}`);
    else if (keyword === 'additionalProperties') continue;
    else if (keyword === 'required' && 'requiredProperties' in params) {
      lines.set(at, `${at}: ${params.requiredProperties.join(' and ')} must be there`);
    } else if (!lines.has(at)) lines.set(at, `${at}: ${message}`);
  }
  return [...lines.values()];
}

function choices(at: string): string {
  if (/suites\[\d+\]$/.test(at)) return `must be one of ${suiteNames.join(', ')}`;
  if (/credentials\[\d+\]$/.test(at)) return `must be one of ${clientKinds.join(', ')}`;
  if (/\.transport$/.test(at)) return `must be one of ${transports.join(', ')}`;
  if (/\.wake$/.test(at)) return 'must be urgent, normal or never';
  return 'must be accept or refuse';
}
