import type { BootstrapAccount } from '@reeve/contract';
import type { Decision } from '../decision.ts';
import type { Transport } from '../link/listening.ts';
import type { SessionInfo } from '../link/port.ts';
import type { Device } from '../registry/fleet.ts';
import type { Models } from '../telemetry/models.ts';
import type { ElsewhereKeys } from './elsewhere.ts';
import type { Configuration } from './plan.ts';
import type { Provisioning } from './provisioning.ts';
import type { TemplateValues } from './template-values.ts';
import type { Templates } from './templates.ts';
import type { ServerUris } from './uris.ts';

/** What a device is given comes from here. */
export interface PrepareOptions {
  readonly templates: Templates;
  readonly keys: ElsewhereKeys;
  readonly templateValues: TemplateValues;
  readonly provisioning: Provisioning;
  readonly models: Models;
  /** Where devices reach this server. */
  readonly uris: () => ServerUris;
}

/** What a device is given now, and what must be stored before it learns that. */
interface Prepared {
  readonly configuration: Configuration;
  readonly decisions: readonly (Decision | undefined)[];
}

/**
 * Puts together what a device is given.
 *
 * @param session that it came with; a pack renews no key of the bootstrap account
 * @returns why there is nothing to give, in words
 */
export async function prepare(
  device: Device,
  { templates, keys, templateValues, provisioning, models, uris }: PrepareOptions,
  session?: SessionInfo,
): Promise<Prepared | string> {
  const { group, template } = templates.for(device.row);
  const owner = { organisationId: device.row.organisationId, name: group };
  const reached = uris();
  const decisions: (Decision | undefined)[] = [];
  const accounts: Configuration['accounts'][number][] = [];
  for (const account of template.accounts) {
    const { security = 'psk' } = account;
    if (account.uri !== undefined) {
      const secured = await keys.offer(account, owner, device.row);
      if (typeof secured === 'string') return secured;
      accounts.push({ ...account, uri: account.uri, secured });
      continue;
    }
    const transport = transportOf(security, account.binding);
    const uri = reached[transport];
    if (uri === undefined) return `the server has no ${transport} under an address that it knows: see --device-host`;
    const offer = provisioning.offer(device, security);
    if (typeof offer === 'string') return offer;
    decisions.push(offer.decision);
    accounts.push({ ...account, uri, secured: offer.secured });
  }
  const opened = templateValues.open(template, owner);
  if (!opened) return 'the secret values of its template do not open';
  const resources = opened.resources.map((written) => {
    return { path: written.path, stored: models.storedOf(written, undefined) };
  });
  const renewal = session && template.renewBootstrapKey ? provisioning.renew(device, session) : undefined;
  if (typeof renewal === 'string') return renewal;
  decisions.push(renewal?.decision);
  const renewed = renewal?.secured.mode === 'psk' ? { renewed: renewal.secured } : {};
  return { configuration: { template, accounts, resources, ...renewed }, decisions };
}

/** What an account is reached by: over connections if TCP comes first in its binding, and with security if it is of (D)TLS. */
function transportOf(security: NonNullable<BootstrapAccount['security']>, binding = 'U'): Transport {
  const bare = security === 'none' || security === 'oscore';
  if (binding.startsWith('T')) return bare ? 'coap+tcp' : 'coaps+tcp';
  return bare ? 'coap' : 'coaps';
}
