/**
 * From schema version 1 to 2. A new column stands at the end of its table, and is optional or has a default; a table
 * whose constraints change is made anew and filled from the old one.
 */
export const version2: readonly string[] = [
  // Sessions outlive the process.
  'ALTER TABLE "contacts" ADD COLUMN "sessionId" TEXT',
  'ALTER TABLE "contacts" ADD COLUMN "received" INTEGER',
  `CREATE TABLE "dtlsSessions" (
    "organisationId" TEXT NOT NULL, "sessionId" TEXT NOT NULL, "deviceId" TEXT, "identity" TEXT NOT NULL,
    "credential" TEXT NOT NULL, "connectionId" TEXT, "address" TEXT NOT NULL, "ingress" INTEGER NOT NULL,
    "sealedSnapshot" BLOB NOT NULL, "sendLimit" INTEGER NOT NULL, "openedAt" INTEGER NOT NULL,
    PRIMARY KEY ("sessionId")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "connectionIdSlots" ("slot" INTEGER NOT NULL, "owner" TEXT NOT NULL, "since" INTEGER NOT NULL,
    PRIMARY KEY ("slot"), UNIQUE ("owner")) STRICT, WITHOUT ROWID`,
];
