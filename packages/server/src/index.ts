export { RestoreError } from './backup/restore.ts';
export { ConfigError, type ConfigFile, readConfigFile } from './config-file.ts';
export { distinctHosts } from './link/listening.ts';
export { openCloningLink } from './link/main-thread.ts';
export type { ListenAddress, Listener } from './link/port.ts';
export { openWorkerLink } from './link/worker-thread.ts';
export { restoreServer, startServer } from './main.ts';
export { defaultPorts, type RunningServer, type ServerConfig, type ServerPorts } from './server-config.ts';
export { version } from './version.ts';
