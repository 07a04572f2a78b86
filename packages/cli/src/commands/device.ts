import type { DeviceAdded, DeviceSummary } from '@reeve/contract';
import { type Context, command } from '../command.ts';
import { compact } from '../compact.ts';
import { Failure } from '../failure.ts';
import { flag, pairs, required, several, text } from '../options.ts';
import { type Columns, pageQuery, paging, show, showList } from '../output.ts';
import { readKey } from '../secret-input.ts';
import { age } from '../words.ts';
import { deviceLines, presenceCell, ruleCell } from './device-view.ts';

const device = { device: required('DEVICE', 'endpoint name or id') };
const credential = {
  identity: text('ID', 'PSK identity, else the endpoint name; hex:… for bytes'),
  'key-file': text('FILE', 'file of the key in hex, - for stdin; without it a key is made and printed once'),
};

export const deviceCommands = [
  command({
    name: 'device add',
    summary: 'Add a device and its key',
    positionals: { endpoint: required('ENDPOINT', 'the endpoint name with which it registers') },
    options: {
      ...credential,
      label: pairs('a label'),
      site: text('TEXT', 'where it belongs'),
      owner: text('TEXT', 'whose it is'),
      model: text('TEXT', 'its model, until it says so itself'),
      nosec: flag('admit it without DTLS; only if the server runs with --nosec'),
    },
    run: async (context, given) => {
      const { endpoint, identity, label, site, owner, model, nosec } = given;
      const key = await readKey(given['key-file'], context.terminal);
      if (nosec && (identity !== undefined || key !== undefined)) {
        throw new Failure('usage', 'A device with --nosec has neither identity nor key');
      }
      const fields = compact({ identity, key, labels: label, site, owner, model, noSec: nosec || undefined });
      showAdded(context, await context.api('devices.add', { body: { endpoint, ...fields } }));
    },
  }),
  command({
    name: 'device set',
    summary: 'Change labels, site, owner or model of a device',
    positionals: device,
    options: {
      label: pairs('a label to set'),
      unlabel: several('KEY', 'a label to take away'),
      site: text('TEXT', 'where it belongs; empty takes it away'),
      owner: text('TEXT', 'whose it is; empty takes it away'),
      model: text('TEXT', 'its model; empty takes it away'),
    },
    run: async (context, given) => {
      const params = { device: given.device };
      const orNothing = (value: string | undefined) => (value === '' ? null : value);
      const fields = compact({
        site: orNothing(given.site),
        owner: orNothing(given.owner),
        model: orNothing(given.model),
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
    summary: 'Replace the key of a device; its DTLS session ends',
    positionals: device,
    options: credential,
    run: async (context, given) => {
      const key = await readKey(given['key-file'], context.terminal);
      const body = compact({ identity: given.identity, key });
      showAdded(context, await context.api('devices.key', { params: { device: given.device }, body }));
    },
  }),
  command({
    name: 'device rm',
    summary: 'Remove a device and its keys',
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
      show(context, detail, () => deviceLines(context, detail));
    },
  }),
];

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

/** What to put on the device. The key goes to stdout, so that a script can take it from there. */
function showAdded(context: Context, added: DeviceAdded): void {
  const { endpoint } = added.device;
  const { terminal, json } = context;
  if (json) {
    terminal.out(JSON.stringify(added, null, 2));
    return;
  }
  if (added.identity === undefined) {
    terminal.note(`Added ${endpoint}. It registers without DTLS, over coap.`);
    return;
  }
  terminal.note(`Set on the device, for the security mode "pre-shared key" of its server account:`);
  terminal.note(`  endpoint name (register ?ep=)   ${endpoint}`);
  terminal.note(`  PSK identity (/0/x/3)           ${added.identity}`);
  if (added.key === undefined) {
    terminal.note('  PSK (/0/x/5)                    the key that you gave');
    return;
  }
  terminal.note('  PSK in hex (/0/x/5)             the next line; it is shown this once');
  terminal.out(added.key);
}
