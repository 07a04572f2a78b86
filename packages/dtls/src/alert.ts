/** Alerts (RFC 5246 §7.2). */

export const AlertLevel = { WARNING: 1, FATAL: 2 } as const;

/** Alert descriptions by name, for those that are sent or explained. */
const AlertDescription = {
  close_notify: 0,
  unexpected_message: 10,
  bad_record_mac: 20,
  record_overflow: 22,
  handshake_failure: 40,
  bad_certificate: 42,
  unsupported_certificate: 43,
  certificate_revoked: 44,
  certificate_expired: 45,
  certificate_unknown: 46,
  illegal_parameter: 47,
  unknown_ca: 48,
  access_denied: 49,
  decode_error: 50,
  decrypt_error: 51,
  protocol_version: 70,
  insufficient_security: 71,
  internal_error: 80,
  user_canceled: 90,
  no_renegotiation: 100,
  unsupported_extension: 110,
  unrecognized_name: 112,
  unknown_psk_identity: 115,
} as const;
export type AlertName = keyof typeof AlertDescription;

export interface Alert {
  readonly fatal: boolean;
  /** The wire value. */
  readonly description: number;
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(AlertDescription).map(([name, value]) => [value, name]),
);

/** The standard's name of an alert, or its number. */
export function alertName(description: number): string {
  return NAMES.get(description) ?? `alert ${description}`;
}

export function encodeAlert(level: number, name: AlertName): Uint8Array {
  return Uint8Array.of(level, AlertDescription[name]);
}

/** Nothing when the bytes are not one alert. */
export function decodeAlert(bytes: Uint8Array): Alert | undefined {
  const [level, description] = bytes;
  if (bytes.length !== 2 || description === undefined) return undefined;
  if (level !== AlertLevel.WARNING && level !== AlertLevel.FATAL) return undefined;
  return { fatal: level === AlertLevel.FATAL, description };
}
