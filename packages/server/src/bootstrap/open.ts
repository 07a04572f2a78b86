import type { DeviceId } from '../ids.ts';
import type { Sealer } from '../store/sealing.ts';
import { SecretValues } from '../telemetry/secret-values.ts';
import type { Trust } from '../trust/trust.ts';
import { accountKeyHandlers } from './account-key-handlers.ts';
import { AccountKeys } from './account-keys.ts';
import { Bootstrap, type BootstrapOptions } from './bootstrap.ts';
import { Deployments } from './deployments.ts';
import { ElsewhereKeys } from './elsewhere.ts';
import { bootstrapHandlers } from './handlers.ts';
import { Provisioning } from './provisioning.ts';
import { TemplateValues } from './template-values.ts';
import { Templates } from './templates.ts';

type Options = Omit<BootstrapOptions, 'templates' | 'keys' | 'templateValues' | 'provisioning'> & {
  readonly trust: Trust;
  readonly sealer: Sealer;
};

/** Joins what devices are given, what is made for them, and the server that gives it. */
export async function openBootstrap({ trust, sealer, ...options }: Options) {
  const { store, fleet, lanes, models, now } = options;
  const { sources, ender, identities } = trust;
  const templates = await Templates.load(store);
  const accountKeys = new AccountKeys({ store, sealer, templates, now });
  const keys = new ElsewhereKeys(sealer, accountKeys);
  const secrets = new SecretValues(sealer, models);
  const templateValues = new TemplateValues(secrets);
  const serverPublicKey = () => Buffer.from(identities.facts().publicKey, 'base64');
  const serverCertificate = () => {
    const uris = options.uris();
    const uri = uris.coaps ?? uris['coaps+tcp'];
    return uri === undefined ? undefined : identities.certificateFor(new URL(uri).hostname);
  };
  const provisioning = await Provisioning.load({
    store,
    fleet,
    sources,
    ender,
    serverPublicKey,
    serverCertificate,
    now,
  });
  const bootstrap = await Bootstrap.open({ ...options, templates, keys, templateValues, provisioning });
  const deployments = await Deployments.load({ store, secrets, fleet, lanes, templates, templateValues, models, now });
  return {
    bootstrap,
    deployments,
    accountKeys,
    handlers: () => ({
      ...bootstrapHandlers({ store, fleet, templates, keys, templateValues, models, now }),
      ...accountKeyHandlers({ store, fleet, lanes, accountKeys, now }),
    }),
    /** The device is gone. */
    forget: (deviceId: DeviceId) => {
      bootstrap.forget(deviceId);
      deployments.forget(deviceId);
    },
  };
}
