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
  // Refused connections become records of failed handshakes; identities were kept as people read them.
  `CREATE TABLE "failedHandshakes" ("organisationId" TEXT NOT NULL, "handshakeId" TEXT NOT NULL,
    "firstAt" INTEGER NOT NULL, "lastAt" INTEGER NOT NULL, "count" INTEGER NOT NULL, "address" TEXT NOT NULL,
    "listener" TEXT, "stage" TEXT NOT NULL, "check" TEXT NOT NULL, "detail" TEXT NOT NULL, "identity" TEXT,
    "endpoint" TEXT, "handshake" TEXT, PRIMARY KEY ("handshakeId")) STRICT, WITHOUT ROWID`,
  'CREATE INDEX "failedHandshakes_lastAt" ON "failedHandshakes" ("lastAt")',
  `INSERT INTO "failedHandshakes"
    SELECT "organisationId", "refusalId", "firstAt", "lastAt", "count", "address", NULL,
      CASE WHEN "check" IN ('wrong-key', 'no-common-suite', 'timeout', 'alert', 'forged-addresses')
        THEN 'dtls' ELSE 'lwm2m' END,
      CASE "check" WHEN 'forged-addresses' THEN 'bad-cookie-flood' ELSE "check" END,
      "detail",
      CASE WHEN "identity" LIKE 'hex:%' THEN 'psk:' || substr("identity", 5)
        WHEN "identity" IS NOT NULL THEN 'psk:' || lower(hex("identity")) END,
      "endpoint", NULL
    FROM "refusals"`,
  'DROP TABLE "refusals"',
  // Credentials of more kinds, found by what a peer shows.
  'ALTER TABLE "credentials" RENAME TO "oldCredentials"',
  `CREATE TABLE "credentials" (
    "organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "credentialId" TEXT NOT NULL, "kind" TEXT NOT NULL,
    "proof" TEXT NOT NULL, "sealedKey" BLOB, "publicKey" BLOB, "authorityId" TEXT, "suites" TEXT,
    "validFrom" INTEGER NOT NULL, "validUntil" INTEGER, "createdAt" INTEGER NOT NULL, "purpose" TEXT NOT NULL,
    "oscore" TEXT, "sendLimit" INTEGER, "derived" TEXT,
    PRIMARY KEY ("credentialId"), UNIQUE ("proof")) STRICT, WITHOUT ROWID`,
  `INSERT INTO "credentials"
    SELECT "organisationId", "deviceId", "credentialId", "kind", 'psk:' || "identity", "sealedKey", NULL, NULL, NULL,
      "validFrom", "validUntil", "createdAt", 'management', NULL, NULL, NULL
    FROM "oldCredentials"`,
  'DROP TABLE "oldCredentials"',
  'CREATE INDEX "credentials_deviceId" ON "credentials" ("deviceId")',
  'CREATE INDEX "credentials_authorityId" ON "credentials" ("authorityId")',
  `CREATE TABLE "authorities" (
    "organisationId" TEXT NOT NULL, "authorityId" TEXT NOT NULL, "name" TEXT NOT NULL, "certificate" BLOB NOT NULL,
    "mapping" TEXT NOT NULL, "createdAt" INTEGER NOT NULL,
    PRIMARY KEY ("authorityId"), UNIQUE ("organisationId", "name")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "revocationLists" (
    "organisationId" TEXT NOT NULL, "authorityId" TEXT NOT NULL, "url" TEXT, "list" BLOB, "fetchedAt" INTEGER,
    "nextAt" INTEGER NOT NULL, "failures" INTEGER NOT NULL, "lastError" TEXT, "told" TEXT NOT NULL,
    PRIMARY KEY ("authorityId")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "seenCertificates" (
    "organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "identity" TEXT NOT NULL, "credentialId" TEXT NOT NULL,
    "authorityId" TEXT, "subject" TEXT NOT NULL, "notAfter" INTEGER NOT NULL, "path" TEXT NOT NULL,
    "seenAt" INTEGER NOT NULL, PRIMARY KEY ("identity")) STRICT, WITHOUT ROWID`,
  'CREATE INDEX "seenCertificates_deviceId" ON "seenCertificates" ("deviceId")',
  `CREATE TABLE "expiryAdmissions" (
    "organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "until" INTEGER NOT NULL, "reason" TEXT NOT NULL,
    "person" TEXT NOT NULL, "createdAt" INTEGER NOT NULL, PRIMARY KEY ("deviceId")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "serverKeys" (
    "organisationId" TEXT NOT NULL, "name" TEXT NOT NULL, "sealedKey" BLOB NOT NULL, "createdAt" INTEGER NOT NULL,
    PRIMARY KEY ("name")) STRICT, WITHOUT ROWID`,
  // Tokens of before may do everything.
  `ALTER TABLE "tokens" ADD COLUMN "scope" TEXT NOT NULL DEFAULT 'admin'`,
  'ALTER TABLE "tokens" ADD COLUMN "refusedAt" INTEGER',
  // What the server knows of objects beside what is shipped.
  `CREATE TABLE "models" ("organisationId" TEXT NOT NULL, "objectId" INTEGER NOT NULL, "version" TEXT NOT NULL,
    "notation" TEXT NOT NULL, "addedAt" INTEGER NOT NULL, PRIMARY KEY ("objectId", "version")) STRICT, WITHOUT ROWID`,
  // What a registration says and the server learned, in a table that goes through a log: only its key is unique.
  'ALTER TABLE "registrations" RENAME TO "oldRegistrations"',
  `CREATE TABLE "registrations" (
    "organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "registrationId" TEXT NOT NULL, "endpoint" TEXT NOT NULL,
    "identity" TEXT, "lifetime" INTEGER NOT NULL, "version" TEXT NOT NULL, "binding" TEXT NOT NULL,
    "queueMode" INTEGER NOT NULL, "rootPath" TEXT NOT NULL, "contentFormats" TEXT NOT NULL, "objects" TEXT NOT NULL,
    "extra" TEXT NOT NULL, "registeredAt" INTEGER NOT NULL, "state" TEXT NOT NULL, "endedAt" INTEGER,
    "refusedFormats" TEXT, "quirks" TEXT, "sms" TEXT, "profile" TEXT, "prefix" TEXT,
    PRIMARY KEY ("deviceId")) STRICT, WITHOUT ROWID`,
  `INSERT INTO "registrations"
    SELECT "organisationId", "deviceId", "registrationId", "endpoint", 'psk:' || "identity", "lifetime", "version",
      "binding", "queueMode", "rootPath", "contentFormats", "objects", "extra", "registeredAt", "state", "endedAt",
      NULL, NULL, NULL, NULL, NULL
    FROM "oldRegistrations"`,
  'DROP TABLE "oldRegistrations"',
  'ALTER TABLE "observations" ADD COLUMN "format" INTEGER',
  // What commands brought back beside values.
  'ALTER TABLE "commands" ADD COLUMN "created" TEXT',
  'ALTER TABLE "commands" ADD COLUMN "nodes" TEXT',
  'ALTER TABLE "commands" ADD COLUMN "pieces" TEXT',
  // The order and end of commands, and what a device may be sent.
  'ALTER TABLE "commands" ADD COLUMN "priority" TEXT',
  'ALTER TABLE "commands" ADD COLUMN "unanswered" INTEGER',
  'ALTER TABLE "commands" ADD COLUMN "cancelledBy" TEXT',
  // What they write and nobody is to read.
  'ALTER TABLE "commands" ADD COLUMN "sealedValues" BLOB',
  'ALTER TABLE "commands" ADD COLUMN "valuesDigest" BLOB',
  'ALTER TABLE "devices" ADD COLUMN "awakeSeconds" INTEGER',
  'ALTER TABLE "devices" ADD COLUMN "downlinkBytesPerDay" INTEGER',
  'ALTER TABLE "devices" ADD COLUMN "gatewayId" TEXT',
  'ALTER TABLE "devices" ADD COLUMN "admitsBehind" INTEGER',
  // Devices that are woken by SMS.
  'ALTER TABLE "devices" ADD COLUMN "smsNumber" TEXT',
  'ALTER TABLE "devices" ADD COLUMN "wake" TEXT',
  `CREATE TABLE "wakeUps" ("organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "lastAt" INTEGER NOT NULL,
    "day" INTEGER NOT NULL, "count" INTEGER NOT NULL, PRIMARY KEY ("deviceId")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "downlinkUse" ("organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "day" INTEGER NOT NULL,
    "bytes" INTEGER NOT NULL, PRIMARY KEY ("deviceId")) STRICT, WITHOUT ROWID`,
  // What devices are given before they register.
  `CREATE TABLE "bootstrapTemplates" ("organisationId" TEXT NOT NULL, "name" TEXT NOT NULL, "template" TEXT NOT NULL,
    "changedAt" INTEGER NOT NULL, "changedBy" TEXT NOT NULL,
    PRIMARY KEY ("organisationId", "name")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "bootstraps" (
    "organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "bootstrapId" TEXT NOT NULL, "endpoint" TEXT NOT NULL,
    "group" TEXT NOT NULL, "state" TEXT NOT NULL, "reason" TEXT, "pack" INTEGER NOT NULL, "address" TEXT NOT NULL,
    "identity" TEXT, "version" TEXT, "startedAt" INTEGER NOT NULL, "endedAt" INTEGER, "steps" TEXT NOT NULL,
    PRIMARY KEY ("bootstrapId")) STRICT, WITHOUT ROWID`,
  'CREATE INDEX "bootstraps_deviceId_startedAt" ON "bootstraps" ("deviceId", "startedAt")',
  'CREATE INDEX "bootstraps_state" ON "bootstraps" ("state")',
  'CREATE INDEX "bootstraps_startedAt" ON "bootstraps" ("startedAt")',
  `CREATE TABLE "provisioned" ("organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "purpose" TEXT NOT NULL,
    "pending" TEXT, "current" TEXT, PRIMARY KEY ("deviceId", "purpose")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "accountKeys" ("organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "shortServerId" INTEGER NOT NULL,
    "sealedKeys" BLOB NOT NULL, "changedAt" INTEGER NOT NULL, "changedBy" TEXT NOT NULL,
    PRIMARY KEY ("deviceId", "shortServerId")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "deployments" ("organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "values" TEXT NOT NULL,
    "sealedValues" BLOB, "queuedAt" INTEGER, "commands" TEXT, "unreadableAt" INTEGER,
    PRIMARY KEY ("deviceId")) STRICT, WITHOUT ROWID`,
  // Devices on networks too thin for a handshake.
  `CREATE TABLE "frameLayouts" ("organisationId" TEXT NOT NULL, "name" TEXT NOT NULL, "layout" TEXT NOT NULL,
    PRIMARY KEY ("organisationId", "name")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "frameSources" ("organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "link" TEXT NOT NULL,
    "layouts" TEXT NOT NULL, "sealedKey" BLOB NOT NULL, "newest" INTEGER NOT NULL, "before" INTEGER NOT NULL,
    "lastAt" INTEGER, PRIMARY KEY ("deviceId"), UNIQUE ("link")) STRICT, WITHOUT ROWID`,
  // What devices are updated with, and how that goes.
  `CREATE TABLE "artifacts" ("organisationId" TEXT NOT NULL, "artifactId" TEXT NOT NULL, "name" TEXT NOT NULL,
    "version" TEXT NOT NULL, "kind" TEXT NOT NULL, "bytes" INTEGER NOT NULL, "sha256" TEXT NOT NULL,
    "ready" INTEGER NOT NULL, "addedAt" INTEGER NOT NULL, "addedBy" TEXT NOT NULL,
    PRIMARY KEY ("artifactId"), UNIQUE ("organisationId", "name", "version")) STRICT, WITHOUT ROWID`,
  `CREATE TABLE "updates" ("organisationId" TEXT NOT NULL, "deviceId" TEXT NOT NULL, "updateId" TEXT NOT NULL,
    "path" TEXT NOT NULL, "artifactId" TEXT NOT NULL, "artifact" TEXT NOT NULL, "bytes" INTEGER NOT NULL,
    "method" TEXT NOT NULL, "scheme" TEXT, "state" TEXT NOT NULL, "step" TEXT NOT NULL, "delivery" TEXT,
    "done" INTEGER NOT NULL, "detail" TEXT, "startedAt" INTEGER NOT NULL, "startedBy" TEXT NOT NULL,
    "changedAt" INTEGER NOT NULL, "endedAt" INTEGER, "expiresAt" INTEGER NOT NULL, "sealedToken" BLOB NOT NULL,
    PRIMARY KEY ("updateId")) STRICT, WITHOUT ROWID`,
  'CREATE INDEX "updates_deviceId_startedAt" ON "updates" ("deviceId", "startedAt")',
  'CREATE INDEX "updates_state_startedAt" ON "updates" ("state", "startedAt")',
  'CREATE INDEX "updates_startedAt" ON "updates" ("startedAt")',
  // Samples are kept in chunks, those of before in chunks of a day; what changes all the time goes through a log.
  `CREATE TABLE "chunks" ("series" INTEGER NOT NULL, "last" INTEGER NOT NULL, "chunk" INTEGER NOT NULL,
    "type" TEXT NOT NULL, "first" INTEGER NOT NULL, "samples" TEXT NOT NULL,
    PRIMARY KEY ("series", "last", "chunk")) STRICT, WITHOUT ROWID`,
  `INSERT INTO "chunks"
    SELECT "series", max("at"), 0, max("type"), min("at"), json_group_array(json_array("at", "receivedAt",
        CASE typeof("value") WHEN 'blob' THEN json(iif("value" = x'01', 'true', 'false'))
          WHEN 'real' THEN json(printf('%!.17g', "value")) ELSE "value" END))
    FROM (SELECT * FROM "samples" ORDER BY "series", "at", "receivedAt")
    GROUP BY "series", "at" / 86400000`,
  'CREATE INDEX "chunks_first" ON "chunks" ("first")',
  'DROP TABLE "samples"',
  // So are entries of the journal.
  'ALTER TABLE "journal" RENAME TO "oldJournal"',
  'CREATE TABLE "journal" ("last" INTEGER PRIMARY KEY AUTOINCREMENT, "entries" TEXT NOT NULL) STRICT',
  `INSERT INTO "journal"
    SELECT max("seq"), group_concat(json_array("type", "deviceId", "version", "at", "organisationId", json("actor"),
        "cause", json("payload")), char(10) ORDER BY "seq")
    FROM "oldJournal" GROUP BY "seq" / 16`,
  `CREATE TABLE "deviceEntries" ("deviceId" TEXT NOT NULL, "last" INTEGER NOT NULL, "seqs" TEXT NOT NULL,
    PRIMARY KEY ("deviceId", "last")) STRICT, WITHOUT ROWID`,
  `INSERT INTO "deviceEntries" SELECT "deviceId", max("seq"), json_group_array("seq" ORDER BY "seq")
    FROM "oldJournal" WHERE "deviceId" IS NOT NULL GROUP BY "deviceId", "seq" / 65536`,
  `INSERT INTO "meta" SELECT 'indexedSeq', coalesce(max("seq"), 0) FROM "oldJournal"`,
  // The newest seq that was given, also where its entry is gone.
  `DELETE FROM sqlite_sequence WHERE "name" = 'journal'`,
  `UPDATE sqlite_sequence SET "name" = 'journal' WHERE "name" = 'oldJournal'`,
  'DROP TABLE "oldJournal"',
  'CREATE TABLE "redo" ("id" INTEGER PRIMARY KEY AUTOINCREMENT, "entries" TEXT NOT NULL) STRICT',
];
