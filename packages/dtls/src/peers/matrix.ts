/** The table that shows which modes work with which peers. */
import { FEATURES, MODES, type Mode } from './modes.ts';
import type { Role } from './peer.ts';

/** The roles of the peer named in which a mode works. */
export type Works = (peer: string, mode: Mode) => readonly Role[];

const CREDENTIALS = { psk: 'pre-shared key', certificate: 'X.509, mutual', 'raw-key': 'raw keys, mutual' } as const;

function cell(roles: readonly Role[]): string {
  if (roles.length === 2) return 'both';
  return roles[0] ?? '–';
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

const HEAD = ['suite', 'identity'] as const;

/** The lines of a table in Markdown: a row for each mode, a column for each peer. */
export function matrix(peers: readonly string[], works: Works): readonly string[] {
  const head = [...HEAD, ...peers];
  const rows = MODES.map((mode) => {
    const { suite, credential, feature } = mode;
    const who = feature === 'plain' ? CREDENTIALS[credential] : `${CREDENTIALS[credential]}; ${FEATURES[feature]}`;
    return line([`\`${suite}\``, who, ...peers.map((peer) => cell(works(peer, mode)))]);
  });
  return [line(head), `|${'---|'.repeat(head.length)}`, ...rows];
}

/** The lines of the matrix on a page, with the columns of these peers only. */
export function matrixOn(page: string, peers: readonly string[]): readonly string[] {
  const [, section = ''] = page.split('### Peer matrix\n');
  const table = section.split('\n\n').find((block) => block.startsWith(`| ${HEAD[0]} |`)) ?? '';
  const rows = table
    .trim()
    .split('\n')
    .map((row) =>
      row
        .split('|')
        .slice(1, -1)
        .map((text) => text.trim()),
    );
  const kept = [...HEAD, ...peers].map((name) => rows[0]?.indexOf(name) ?? -1);
  return rows.map((cells, index) => {
    const shown = kept.map((column) => cells[column] ?? '');
    return index === 1 ? `|${shown.join('|')}|` : line(shown);
  });
}
