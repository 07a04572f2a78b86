import { type CredentialAdd, type CredentialAdded, type CredentialInfo, compact } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { choice, flag, instant, type ReadAll, required, several, text } from '../options.ts';
import { type Columns, showList } from '../output.ts';
import { readEncoded, readKey } from '../secret-input.ts';
import { showSetup } from '../setup.ts';
import { age } from '../words.ts';
import { oscoreOptions, oscoreTermsOf } from './oscore-options.ts';

const device = { device: required('DEVICE', 'endpoint name or id') };
const one = { ...device, id: required('ID', 'id of the credential, from credential ls') };

/** What a device proves itself with; a pre-shared key unless a public key, certificate or authority is named. */
export const credentialOptions = {
  identity: text('ID', 'PSK identity, else the endpoint name; hex:… for bytes'),
  'key-file': text('FILE', 'file of the PSK in hex, - for stdin; without it a key is made and printed once'),
  ...oscoreOptions,
  'public-key': text('FILE', 'raw public key of the device: SubjectPublicKeyInfo in PEM or DER'),
  certificate: text('FILE', 'exactly this certificate, in PEM or DER'),
  'same-key': flag('with --certificate: any certificate of the same key, so that it may be renewed'),
  ca: text('NAME', 'any certificate under this authority (see ca add) that bears the name of the device'),
  name: text('NAME', 'with --ca: the name in the certificate, else the endpoint name'),
  for: choice(['management', 'bootstrap', 'both'], 'whether it registers with it, is bootstrapped with it, or both'),
  from: instant('when it begins to count'),
  until: instant('when it ends; its sessions end then'),
  suite: several('NAME', 'cipher suite that it may be used with, by IANA name; else those of the listener'),
};

const { for: _, ...rotateOptions } = credentialOptions;

/** The credential that options describe. @throws Failure `usage` if they do not go together */
export async function credentialOf(context: Context, given: ReadAll<typeof credentialOptions>): Promise<CredentialAdd> {
  const { terminal } = context;
  const publicKey = given['public-key'];
  const { certificate, ca } = given;
  const oscore = oscoreTermsOf(given);
  const named = [publicKey, certificate, ca, oscore].filter((each) => each !== undefined);
  const psk = given.identity !== undefined || (given['key-file'] !== undefined && oscore === undefined);
  if (named.length + (psk ? 1 : 0) > 1) {
    throw new Failure('usage', 'A credential is one of: a PSK, --oscore, --public-key, --certificate, --ca');
  }
  return {
    kind: kindOf(given, oscore !== undefined),
    ...compact({
      identity: given.identity,
      key: await readKey(given['key-file'], terminal),
      oscore,
      publicKey: publicKey === undefined ? undefined : await readEncoded(publicKey, terminal),
      certificate: certificate === undefined ? undefined : await readEncoded(certificate, terminal),
      sameKey: given['same-key'] || undefined,
      authority: ca,
      name: given.name,
      purpose: given.for,
      validFrom: given.from,
      validUntil: given.until,
      suites: given.suite.length > 0 ? [...given.suite] : undefined,
    }),
  };
}

function kindOf(given: ReadAll<typeof credentialOptions>, isOscore: boolean): CredentialAdd['kind'] {
  if (isOscore) return 'oscore';
  if (given['public-key'] !== undefined) return 'raw-key';
  return given.certificate !== undefined || given.ca !== undefined ? 'certificate' : 'psk';
}

export const credentialCommands = [
  command({
    name: 'credential ls',
    summary: 'List what a device proves itself with',
    positionals: device,
    run: async (context, given) => {
      const page = await context.api('credentials.list', { params: { device: given.device } });
      const none = `No credentials. Add one: reeve credential add ${given.device}`;
      showList(context, page, credentialColumns(context.terminal.now()), none);
    },
  }),
  command({
    name: 'credential add',
    summary: 'Add a credential beside those that are there, e.g. to exchange keys without a gap',
    positionals: device,
    options: credentialOptions,
    run: async (context, given) => {
      const body = await credentialOf(context, given);
      showAdded(context, await context.api('credentials.add', { params: { device: given.device }, body }), body);
    },
  }),
  command({
    name: 'credential rotate',
    summary: 'Replace a credential by a new one of its kind and purpose; its sessions end',
    positionals: one,
    options: rotateOptions,
    run: async (context, given) => {
      const { kind: _, ...body } = await credentialOf(context, { ...given, for: undefined });
      const params = { device: given.device, id: given.id };
      showAdded(context, await context.api('credentials.rotate', { params, body }), body);
    },
  }),
  command({
    name: 'credential rm',
    summary: 'Remove a credential; its sessions end',
    positionals: one,
    run: async (context, given) => {
      await context.api('credentials.remove', { params: { device: given.device, id: given.id } });
      context.terminal.note(`Removed ${given.id} of ${given.device}`);
    },
  }),
];

function credentialColumns(now: number): Columns<CredentialInfo> {
  return {
    id: (each) => each.credentialId,
    kind: (each) => each.kind,
    for: (each) => (each.purpose === 'management' ? '' : each.purpose),
    identity: (each) => each.identity,
    ca: (each) => each.authority ?? '',
    begins: (each) => age(each.validFrom, now),
    ends: (each) => age(each.validUntil, now),
    suites: (each) => each.suites?.join(' ') ?? '',
    added: (each) => age(each.createdAt, now),
  };
}

function showAdded(context: Context, added: CredentialAdded, given: Pick<CredentialAdd, 'key'>): void {
  if (context.json) context.terminal.out(JSON.stringify(added, null, 2));
  else showSetup(context, added.setup, added.key, given.key !== undefined);
}
