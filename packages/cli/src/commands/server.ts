import type { ServerIdentity } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { facts, show, table } from '../output.ts';
import { age } from '../words.ts';

export const serverCommands = [
  command({
    name: 'server identity',
    summary: 'Show what the server proves itself with: what devices are configured with',
    run: async (context) => {
      const identity = await context.api('server.identity');
      show(context, identity, () => identityLines(context, identity));
    },
  }),
  command({
    name: 'server metrics',
    summary: 'Show the metrics that Prometheus is to scrape',
    run: async ({ api, terminal }) => terminal.out((await api('server.metrics')).trimEnd()),
  }),
];

function identityLines(context: Context, { rawKey, certificates }: ServerIdentity): string[] {
  const { terminal } = context;
  return [
    terminal.style('bold', 'For devices with a raw public key'),
    ...facts(context, {
      'public key, base64 (/0/x/4)': rawKey.publicKey,
      'SHA-256 of it': rawKey.fingerprint,
    }),
    '',
    terminal.style('bold', 'For devices with a certificate'),
    ...(certificates.length === 0
      ? ['none: name certificate and key in the file of serve --config']
      : table(context, certificates, {
          'server names': ({ serverNames }) => serverNames.join(' ') || 'every other',
          subject: ({ subject }) => subject,
          ends: ({ notAfter }) => age(notAfter, terminal.now()),
          'SHA-256': ({ fingerprint }) => fingerprint,
          file: ({ file }) => file,
          'last error': ({ lastError }) => lastError ?? '',
        })),
  ];
}
