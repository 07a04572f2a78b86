import type { Command } from '../command.ts';
import { approvalCommands } from './approval.ts';
import { artifactCommands } from './artifact.ts';
import { backupCommands } from './backup.ts';
import { bootstrapCommands } from './bootstrap.ts';
import { caCommands } from './ca.ts';
import { certificateCommands } from './certificate.ts';
import { commandCommands } from './command.ts';
import { credentialCommands } from './credential.ts';
import { demoCommands } from './demo.ts';
import { deviceCommands } from './device.ts';
import { frameCommands } from './frame.ts';
import { handshakeCommands } from './handshake.ts';
import { importCommands } from './import.ts';
import { incidentCommands } from './incident.ts';
import { modelCommands } from './model.ts';
import { operateCommands } from './operate.ts';
import { policyCommands } from './policy.ts';
import { recordCommands } from './record.ts';
import { serveCommands } from './serve.ts';
import { serverCommands } from './server.ts';
import { simulateCommands } from './simulate.ts';
import { tokenCommands } from './token.ts';
import { traceCommands } from './trace.ts';
import { updateCommands } from './update.ts';
import { userCommands } from './user.ts';
import { webhookCommands } from './webhook.ts';

/** Every command, in the order of the help. */
export const commands: readonly Command[] = [
  ...serveCommands,
  ...demoCommands,
  ...simulateCommands,
  ...deviceCommands,
  ...importCommands,
  ...recordCommands,
  ...credentialCommands,
  ...bootstrapCommands,
  ...operateCommands,
  ...frameCommands,
  ...modelCommands,
  ...artifactCommands,
  ...updateCommands,
  ...traceCommands,
  ...handshakeCommands,
  ...caCommands,
  ...certificateCommands,
  ...serverCommands,
  ...backupCommands,
  ...commandCommands,
  ...policyCommands,
  ...incidentCommands,
  ...approvalCommands,
  ...webhookCommands,
  ...userCommands,
  ...tokenCommands,
];
