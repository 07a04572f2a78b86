import { compact, type DeviceAdd } from '@reeve/contract';
import { type CredentialDraft, credentialOf, emptyCredential } from '../../components/credential/credentialForm.ts';

/** How a device comes to the server. */
export const reaches = [
  { value: 'credential', label: 'by itself, with a credential' },
  { value: 'gateway', label: 'through a gateway' },
  { value: 'frames', label: 'as frames of a thin network' },
  { value: 'nosec', label: 'without security' },
] as const;

/** A device as a person is about to describe it: what the fields hold. */
export interface DeviceDraft {
  readonly endpoint: string;
  readonly reach: (typeof reaches)[number]['value'];
  readonly credential: CredentialDraft;
  readonly gateway: string;
  readonly site: string;
  readonly owner: string;
  readonly model: string;
  readonly group: string;
  /** A line for each. */
  readonly labels: string;
}

export const emptyDevice: DeviceDraft = {
  endpoint: '',
  reach: 'credential',
  credential: emptyCredential,
  gateway: '',
  site: '',
  owner: '',
  model: '',
  group: '',
  labels: '',
};

/** The device that the fields describe. Its group is a label. */
export function deviceOf(draft: DeviceDraft, labels: Readonly<Record<string, string>>): DeviceAdd {
  const text = (name: 'site' | 'owner' | 'model' | 'group' | 'gateway') => draft[name].trim() || undefined;
  const grouped = { ...labels, ...compact({ group: text('group') }) };
  return {
    endpoint: draft.endpoint.trim(),
    ...compact({
      credential: draft.reach === 'credential' ? credentialOf(draft.credential) : undefined,
      gateway: draft.reach === 'gateway' ? text('gateway') : undefined,
      framesOnly: draft.reach === 'frames' || undefined,
      noSec: draft.reach === 'nosec' || undefined,
      labels: Object.keys(grouped).length > 0 ? grouped : undefined,
      site: text('site'),
      owner: text('owner'),
      model: text('model'),
    }),
  };
}
