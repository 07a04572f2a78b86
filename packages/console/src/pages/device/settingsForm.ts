import { compact, type DeviceChange, type DeviceDetail } from '@reeve/contract';
import { labelsText } from '../../components/labels.ts';

/** What the fields of a device's settings hold; an empty one takes a setting away. */
export interface SettingsDraft {
  readonly labels: string;
  readonly site: string;
  readonly owner: string;
  readonly model: string;
  readonly awakeSeconds: string;
  readonly downlinkBytesPerDay: string;
  readonly smsNumber: string;
  readonly wake: string;
  readonly admitsBehind: boolean;
}

/** The settings of a device as fields hold them. */
export function settingsOf(device: DeviceDetail): SettingsDraft {
  const {
    labels,
    site = '',
    owner = '',
    model = '',
    downlink,
    smsNumber = '',
    wake = '',
    admitsBehind = false,
  } = device;
  return {
    ...{ site, owner, model, smsNumber, wake, admitsBehind },
    labels: labelsText(labels),
    awakeSeconds: String(downlink.awakeSeconds),
    downlinkBytesPerDay: String(downlink.bytesPerDay ?? ''),
  };
}

/** What was changed between two drafts; nothing else is sent, so that nobody's change of another field is undone. */
export function changeOf(
  before: SettingsDraft,
  after: SettingsDraft,
  labels: Readonly<Record<string, string>>,
): DeviceChange {
  const changed = (name: keyof SettingsDraft) => before[name] !== after[name];
  const text = (name: 'site' | 'owner' | 'model' | 'smsNumber') =>
    changed(name) ? after[name].trim() || null : undefined;
  const whole = (name: 'awakeSeconds' | 'downlinkBytesPerDay') => {
    if (!changed(name)) return undefined;
    return after[name].trim() === '' ? null : Number(after[name]);
  };
  const { wake } = after;
  return compact({
    labels: changed('labels') ? labels : undefined,
    site: text('site'),
    owner: text('owner'),
    model: text('model'),
    smsNumber: text('smsNumber'),
    awakeSeconds: whole('awakeSeconds'),
    downlinkBytesPerDay: whole('downlinkBytesPerDay'),
    wake: changed('wake') ? (wake === 'urgent' || wake === 'normal' || wake === 'never' ? wake : null) : undefined,
    admitsBehind: changed('admitsBehind') ? after.admitsBehind : undefined,
  });
}
