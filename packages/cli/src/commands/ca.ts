import { type Authority, compact, type RevocationSource } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { choice, required, text } from '../options.ts';
import { type Columns, show, showList } from '../output.ts';
import { readEncoded } from '../secret-input.ts';
import type { Style } from '../terminal.ts';
import { age } from '../words.ts';

const ca = { ca: required('CA', 'name or id of the authority') };
const mapping = ['cn', 'dns', 'uri'] as const;
const tells = 'which name of a certificate tells the device: its common name, or an alternative name';

export const caCommands = [
  command({
    name: 'ca ls',
    summary: 'List the certificate authorities that vouch for devices',
    run: async (context) =>
      showList(
        context,
        await context.api('authorities.list'),
        authorityColumns(context.terminal.now()),
        'No authorities. Add one: reeve ca add FILE',
      ),
  }),
  command({
    name: 'ca add',
    summary: 'Trust a certificate authority to vouch for devices',
    positionals: { file: required('FILE', 'its certificate in PEM or DER, - for stdin') },
    options: {
      name: text('NAME', 'how it is called here, else by its common name'),
      map: choice(mapping, tells, 'cn'),
      crl: text('URL|FILE', 'its revocation list: fetched from a URL on schedule, or brought in a file'),
    },
    run: async (context, given) => {
      const certificate = await readEncoded(given.file, context.terminal);
      const revocation = given.crl === undefined ? undefined : await sourceOf(context, given.crl);
      const body = { certificate, mapping: given.map, ...compact({ name: given.name, revocation }) };
      const added = await context.api('authorities.add', { body });
      showOne(context, added);
      if (!context.json) {
        context.terminal.note(`Give devices credentials under it: reeve credential add DEVICE --ca "${added.name}"`);
      }
    },
  }),
  command({
    name: 'ca set',
    summary: 'Change how the certificates of an authority tell devices, or its revocation list',
    positionals: ca,
    options: {
      map: choice(mapping, `${tells}; sessions under it end`),
      crl: text('URL|FILE|none', 'its revocation list; none: revocation is not checked any more'),
    },
    run: async (context, given) => {
      const source = given.crl === undefined || given.crl === 'none' ? undefined : await sourceOf(context, given.crl);
      const revocation = given.crl === 'none' ? null : source;
      const body = compact({ mapping: given.map, revocation });
      if (Object.keys(body).length === 0) throw new Failure('usage', 'Nothing to change', 'See reeve ca set --help');
      showOne(context, await context.api('authorities.change', { params: { id: given.ca }, body }));
    },
  }),
  command({
    name: 'ca refresh',
    summary: 'Fetch the revocation list of an authority now',
    positionals: ca,
    run: async (context, given) =>
      showOne(context, await context.api('authorities.refresh', { params: { id: given.ca } })),
  }),
  command({
    name: 'ca rm',
    summary: 'Trust an authority no longer: the credentials under it go, and their sessions end',
    positionals: ca,
    run: async (context, given) => {
      await context.api('authorities.remove', { params: { id: given.ca } });
      context.terminal.note(`Removed ${given.ca}`);
    },
  }),
];

async function sourceOf({ terminal }: Context, text: string): Promise<RevocationSource> {
  return /^https?:/.test(text) ? { url: text } : { list: await readEncoded(text, terminal) };
}

function showOne(context: Context, authority: Authority): void {
  if (context.json) show(context, authority, () => []);
  else showList(context, { items: [authority] }, authorityColumns(context.terminal.now()), '');
}

const stateStyle: Readonly<Record<NonNullable<Authority['revocation']>['state'], Style>> = {
  none: 'yellow',
  fresh: 'green',
  'soon-stale': 'yellow',
  stale: 'red',
};

function authorityColumns(now: number): Columns<Authority> {
  return {
    name: (each) => each.name,
    subject: (each) => each.subject,
    'told by': (each) => each.mapping,
    devices: (each) => String(each.devices),
    ends: (each) => age(each.notAfter, now),
    'revocation list': ({ revocation }) =>
      revocation ? [stateStyle[revocation.state], revocation.state === 'none' ? 'not fetched' : revocation.state] : '',
    revoked: ({ revocation }) => (revocation ? String(revocation.revoked) : ''),
    'next due': ({ revocation }) => age(revocation?.dueAt, now),
    'last error': ({ revocation }) => revocation?.lastError ?? '',
  };
}
