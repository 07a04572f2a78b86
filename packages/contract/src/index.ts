export * from './access.ts';
export * from './client.ts';
export * from './commands.ts';
export * from './common.ts';
export * from './devices.ts';
export * from './policies.ts';
export * from './routes.ts';
