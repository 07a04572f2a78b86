import type { FailedHandshake, HandshakeCounters } from '@reeve/contract';
import type { Context } from '../command.ts';
import { type Columns, facts, table } from '../output.ts';
import { clean } from '../table.ts';
import { age, counted } from '../words.ts';

/** One record of the list: its head, what was wrong, and what to do first. */
export function handshakeLines({ terminal }: Context, failed: FailedHandshake): string[] {
  const who = presentedText(failed) ?? (failed.endpoint && `endpoint ${failed.endpoint}`);
  const [first] = failed.steps;
  return [
    [
      terminal.style('red', failed.check),
      `from ${failed.address}`,
      ...(who === undefined ? [] : [clean(who)]),
      `${failed.count} ×`,
      age(failed.lastAt, terminal.now()),
      terminal.style('dim', failed.handshakeId),
    ].join('  '),
    `    ${clean(failed.detail)}`,
    ...(first === undefined ? [] : [`    ${coded(terminal, first)}`]),
  ];
}

/** Everything of one record. */
export function recordLines(context: Context, failed: FailedHandshake): string[] {
  const { terminal } = context;
  const { presented, alert, device } = failed;
  const certificate = presented?.kind === 'certificate' ? presented : undefined;
  const list = (title: string, items: readonly string[] | undefined) =>
    items === undefined || items.length === 0
      ? []
      : ['', terminal.style('bold', title), ...items.map((item) => `  ${clean(item)}`)];
  return [
    `${terminal.style('red', failed.title)}: ${clean(failed.detail)}`,
    coded(terminal, failed.meaning),
    '',
    ...facts(context, {
      id: failed.handshakeId,
      check: failed.check,
      stage: failed.stage === 'dtls' ? 'in the handshake' : 'after the handshake, or without DTLS',
      times: `${failed.count}, last at ${instant(failed.lastAt)}, first at ${instant(failed.firstAt)}`,
      from: failed.address,
      to: failed.listener,
      'seems to be': device && `${device.endpoint} (${device.deviceId})`,
      endpoint: failed.endpoint,
      identity: presentedText(failed),
      fingerprint: presented && 'fingerprint' in presented ? `sha256:${presented.fingerprint}` : undefined,
      issuer: certificate?.issuer,
      serial: certificate?.serial,
      names: certificate?.names?.join(', '),
      'valid from': certificate?.notBefore === undefined ? undefined : instant(certificate.notBefore),
      'valid until': certificate?.notAfter === undefined ? undefined : instant(certificate.notAfter),
      'our clock then': certificate && instant(failed.lastAt),
      'asked for': failed.serverName,
      suite: failed.suite,
      [failed.check === 'alert' ? 'alert' : 'it was told']:
        alert && (alert.meaning === undefined ? alert.name : `${alert.name}: ${alert.meaning}`),
    }),
    ...list('It offered', failed.offered),
    ...list('Wanted was', failed.wanted),
    '',
    terminal.style('bold', 'What to do'),
    ...failed.steps.map((step) => `  ${coded(terminal, step)}`),
  ];
}

export function counterLines(
  context: Context,
  { since, sessions, established, failed, dropped }: HandshakeCounters,
): string[] {
  const { terminal } = context;
  const section = <T extends { readonly count: number }>(title: string, items: readonly T[], columns: Columns<T>) => {
    const some = items.filter(({ count }) => count > 0);
    return some.length === 0 ? [] : ['', terminal.style('bold', title), ...table(context, some, columns)];
  };
  return [
    ...facts(context, {
      since: instant(since),
      sessions: `${sessions.live} live, ${sessions.asleep} asleep`,
      'under way': counted(sessions.underWay, 'handshake'),
    }),
    ...section('Handshakes', established, {
      credential: (each) => each.kind,
      suite: (each) => each.suite,
      form: (each) => (each.resumed ? 'resumed' : 'full'),
      count: (each) => String(each.count),
    }),
    ...section('Failed', failed, {
      check: (each) => each.check,
      count: (each) => String(each.count),
      meaning: (each) => each.title,
    }),
    ...section('Dropped without an answer', dropped, {
      reason: (each) => each.reason,
      count: (each) => String(each.count),
      meaning: (each) => each.meaning,
    }),
  ];
}

/** What the peer showed of itself, in a line. */
function presentedText({ presented }: FailedHandshake): string | undefined {
  switch (presented?.kind) {
    case 'psk':
      return `identity ${presented.identity}`;
    case 'oscore':
      return `Sender ID ${presented.identity}`;
    case 'raw-key':
      return `raw public key ${presented.fingerprint.slice(0, 16)}…`;
    case 'certificate':
      return presented.subject === undefined
        ? 'a certificate that can not be read'
        : `certificate ${presented.subject}`;
    default:
      return undefined;
  }
}

/** A sentence in which `backticks` surround what is to be typed. */
function coded(terminal: Context['terminal'], sentence: string): string {
  return clean(sentence).replace(/`([^`]*)`/g, (_, typed: string) => terminal.style('bold', typed));
}

/** An instant as logs write it, in UTC: it is compared with other machines' clocks. */
function instant(at: number): string {
  return new Date(at).toISOString().replace(/\.\d+Z$/, 'Z');
}
