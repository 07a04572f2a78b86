import { compact, type DeviceAdded, type DeviceSummary, type FailedHandshake, type WakeFor } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { Failure } from '../failure.ts';
import { choice, flag, pairs, required, several, text } from '../options.ts';
import { type Columns, pageQuery, paging, show, showList } from '../output.ts';
import { readKey } from '../secret-input.ts';
import { showSetup } from '../setup.ts';
import { age } from '../words.ts';
import { credentialOf, credentialOptions } from './credential.ts';
import { deviceLines, presenceCell, ruleCell } from './device-view.ts';

const device = { device: required('DEVICE', 'endpoint name or id') };
const { identity, 'key-file': keyFile } = credentialOptions;

export const deviceCommands = [
  command({
    name: 'device add',
    summary: 'Add a device and what it proves itself with',
    positionals: { endpoint: required('ENDPOINT', 'the endpoint name with which it registers') },
    options: {
      ...credentialOptions,
      label: pairs('a label'),
      site: text('TEXT', 'where it belongs'),
      owner: text('TEXT', 'whose it is'),
      model: text('TEXT', 'its model, until it says so itself'),
      nosec: flag('admit it without DTLS; only if the server runs with --nosec'),
      gateway: text('DEVICE', 'the gateway that it is behind, which names it by this endpoint name'),
      frames: flag('it sends frames and never registers: it needs no credential; see frame set'),
      bootstrap: flag('it comes to the bootstrap server first, which gives it what it registers with'),
      group: text('NAME', 'its group, which says what it is given; see bootstrap template'),
    },
    run: async (context, given) => {
      const { endpoint, site, owner, model, nosec } = given;
      const { kind, ...wanted } = await credentialOf(context, {
        ...given,
        for: given.bootstrap ? 'bootstrap' : given.for,
      });
      const labels = given.group === undefined ? given.label : { ...given.label, group: given.group };
      const named = kind !== 'psk' || Object.keys(wanted).length > 0;
      if (nosec && named) {
        const hint = given.bootstrap ? 'Leave --bootstrap away: one without DTLS is bootstrapped as it is' : undefined;
        throw new Failure('usage', 'A device with --nosec has no credential', hint);
      }
      if (given.gateway && named) throw new Failure('usage', 'A device behind a gateway has no credential');
      if (given.frames && named) throw new Failure('usage', 'A device with --frames has no credential');
      const credential = named ? { kind, ...wanted } : undefined;
      const fields = compact({
        credential,
        labels,
        site,
        owner,
        model,
        gateway: given.gateway,
        noSec: nosec || undefined,
        framesOnly: given.frames || undefined,
      });
      const added = await context.api('devices.add', { body: { endpoint, ...fields } });
      if (given.frames && !context.json) {
        context.terminal.note(`Added ${endpoint}. Next: reeve frame set ${endpoint} --link LINK --layout LAYOUT`);
      } else showAdded(context, added, wanted.key !== undefined);
    },
  }),
  command({
    name: 'device set',
    summary: 'Change labels, site, owner, model or downlink of a device',
    positionals: device,
    options: {
      label: pairs('a label to set'),
      unlabel: several('KEY', 'a label to take away'),
      site: text('TEXT', 'where it belongs; empty takes it away'),
      owner: text('TEXT', 'whose it is; empty takes it away'),
      model: text('TEXT', 'its model; empty takes it away'),
      awake: text('SECONDS', 'how long it stays awake after a message, in queue mode; empty: 93'),
      downlink: text('BYTES', 'how much it may be sent in a day without urgency; empty: as much as one likes'),
      sms: text('NUMBER', 'where it is reached by SMS; empty: as it registers'),
      wake: text('urgent|normal|never', 'for which commands it is woken by SMS; empty: as the server has it'),
      'admit-behind': choice(['yes', 'no'], 'whether devices that it, a gateway, names as behind it are added'),
    },
    run: async (context, given) => {
      const params = { device: given.device };
      const orNothing = (value: string | undefined) => (value === '' ? null : value);
      const fields = compact({
        site: orNothing(given.site),
        owner: orNothing(given.owner),
        model: orNothing(given.model),
        awakeSeconds: wholeOrNothing('--awake', given.awake),
        downlinkBytesPerDay: wholeOrNothing('--downlink', given.downlink),
        smsNumber: orNothing(given.sms),
        wake: wakeOrNothing(given.wake),
        admitsBehind: given['admit-behind'] && given['admit-behind'] === 'yes',
        labels: given.label || given.unlabel.length > 0 ? await relabelled(context, given) : undefined,
      });
      if (Object.keys(fields).length === 0)
        throw new Failure('usage', 'Nothing to change', 'See reeve device set --help');
      const changed = await context.api('devices.change', { params, body: fields });
      showList(context, { items: [changed] }, deviceColumns(context.terminal.now()), '');
    },
  }),
  command({
    name: 'device key',
    summary: 'Replace every credential of a device by one pre-shared key; its sessions end',
    positionals: device,
    options: { identity, 'key-file': keyFile },
    run: async (context, given) => {
      const key = await readKey(given['key-file'], context.terminal);
      const body = compact({ identity: given.identity, key });
      showAdded(
        context,
        await context.api('devices.key', { params: { device: given.device }, body }),
        key !== undefined,
      );
    },
  }),
  command({
    name: 'device rm',
    summary: 'Remove a device and its credentials',
    positionals: device,
    run: async (context, given) => {
      await context.api('devices.remove', { params: { device: given.device } });
      context.terminal.note(`Removed ${given.device}`);
    },
  }),
  command({
    name: 'device ls',
    summary: 'List devices',
    options: { search: text('TEXT', 'part of the endpoint, site or owner, or a label KEY=VALUE'), ...paging },
    run: async (context, given) => {
      const { search } = given;
      const page = await context.api('devices.list', {
        query: { ...pageQuery(given), ...(search === undefined ? {} : { search }) },
      });
      const none =
        search === undefined ? 'No devices. Add one: reeve device add ENDPOINT' : `No device matches "${search}"`;
      showList(context, page, deviceColumns(context.terminal.now()), none);
    },
  }),
  command({
    name: 'device show',
    summary: 'Show everything known of a device',
    positionals: device,
    run: async (context, given) => {
      const detail = await context.api('devices.show', { params: { device: given.device } });
      // Whatever else is known of a device that is not registered, this is what people look for.
      const failed = detail.registration ? [] : await failedHandshakes(context, detail.deviceId);
      show(context, detail, () => deviceLines(context, detail, failed));
    },
  }),
];

/** A number from 1 on, or null for an empty text. @throws Failure `usage` */
function wholeOrNothing(option: string, value: string | undefined): number | null | undefined {
  if (value === undefined) return undefined;
  if (value === '') return null;
  if (/^[1-9]\d{0,11}$/.test(value)) return Number(value);
  throw new Failure('usage', `${option} takes a whole number from 1 on, or nothing, not "${value}"`);
}

/** @throws Failure `usage` */
function wakeOrNothing(value: string | undefined): WakeFor | null | undefined {
  if (value === '') return null;
  if (value === undefined || value === 'urgent' || value === 'normal' || value === 'never') return value;
  throw new Failure('usage', `--wake takes urgent, normal, never or nothing, not "${value}"`);
}

async function failedHandshakes({ api, json }: Context, device: string): Promise<FailedHandshake[]> {
  if (json) return [];
  const { items } = await api('handshakes.list', { query: { device, limit: 3 } });
  return items;
}

function deviceColumns(now: number): Columns<DeviceSummary> {
  return {
    endpoint: (each) => each.endpoint,
    presence: (each) => presenceCell(each.presence),
    'last contact': (each) => age(each.presence.lastContactAt, now),
    rules: (each) => ruleCell(each.ruleState),
    incidents: (each) => (each.openIncidents > 0 ? ['red', String(each.openIncidents)] : ''),
    lock: (each) => (each.lock.state === 'unknown' ? '' : each.lock.state),
    model: (each) => each.model ?? '',
    firmware: (each) => each.firmware ?? '',
    labels: (each) =>
      Object.entries(each.labels)
        .map(([key, value]) => `${key}=${value}`)
        .join(' '),
  };
}

/** The API replaces all labels: those that stay are sent again. */
async function relabelled(
  { api }: Context,
  given: Readonly<{ device: string; label: Readonly<Record<string, string>> | undefined; unlabel: readonly string[] }>,
): Promise<Record<string, string>> {
  const { labels } = await api('devices.show', { params: { device: given.device } });
  const kept = Object.entries({ ...labels, ...given.label }).filter(([key]) => !given.unlabel.includes(key));
  return Object.fromEntries(kept);
}

/** What to put on the device. */
function showAdded(context: Context, added: DeviceAdded, keyGiven: boolean): void {
  const { terminal, json } = context;
  if (json) terminal.out(JSON.stringify(added, null, 2));
  else if (added.device.gateway !== undefined) {
    terminal.note(`Added ${added.device.endpoint}. It comes when ${added.device.gateway} names it.`);
  } else if (added.setup.length === 0) {
    terminal.note(`Added ${added.device.endpoint}. It registers without DTLS, over coap.`);
  } else showSetup(context, added.setup, added.key, keyGiven);
}
