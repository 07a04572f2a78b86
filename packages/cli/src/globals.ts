import { flag, text } from './options.ts';

/** Options of every command that talks to the server. */
export const globals = {
  server: text('URL', 'where the server is; else $REEVE_SERVER, else http://127.0.0.1:8080'),
  data: text('FOLDER', "folder of the local server's data", './reeve-data'),
  'token-file': text('FILE', 'file of a bearer token; else $REEVE_TOKEN, else local.token in the data folder'),
  json: flag("write the API's JSON"),
  help: flag('show this'),
};
