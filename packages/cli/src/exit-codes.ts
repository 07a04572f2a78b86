/**
 * Every exit code of the command, and what it means. Scripts decide by these; docs/cli.md lists the same table, and a
 * test holds the two together.
 */
export const exitCodes = {
  ok: { code: 0, meaning: 'Done. A command to a device that waits for its next contact counts as done.' },
  failed: { code: 1, meaning: 'It did not work: the device refused or did not answer, or the server has a fault.' },
  usage: { code: 2, meaning: 'The command line is not understood.' },
  'not-found': { code: 3, meaning: 'There is no such device, policy, incident or other thing.' },
  refused: {
    code: 4,
    meaning: 'The server refused: a name is taken, a document or value is invalid, a limit is reached.',
  },
  unreachable: { code: 5, meaning: 'No server answers.' },
  'not-allowed': { code: 6, meaning: 'The token is missing, not valid, or of too narrow a scope.' },
} as const;

export type ExitName = keyof typeof exitCodes;
