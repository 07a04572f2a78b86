export { RestoreError } from './backup/restore.ts';
export { ConfigError, type ConfigFile, readConfigFile } from './config-file.ts';
export { openCloningLink } from './link/main-thread.ts';
export type { ListenAddress, Listener } from './link/port.ts';
export { openWorkerLink } from './link/worker-thread.ts';
export {
  defaultPorts,
  type RunningServer,
  restoreServer,
  type ServerConfig,
  type ServerPorts,
  startServer,
} from './main.ts';
export { version } from './version.ts';
