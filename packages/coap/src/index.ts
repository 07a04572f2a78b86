export { block1Option, block2Option, blockBytes, exponentOf, fills } from './blockwise/blocks.ts';
export type { CoapParseError, CoapParseErrorKind, DecodeResult } from './codec.ts';
export { decodeMessage, encodeMessage } from './codec.ts';
export { Code, code, codeKind, formatCode, isSuccess } from './codes.ts';
export type { RestoredObservation } from './core.ts';
export { CoapCore } from './core.ts';
export type { CoapCoreOptions } from './core-options.ts';
export { EchoValues } from './echo.ts';
export type { CoapEffect, NotificationEffect, ObservationEnd, RefusalReason, RequestOutcome } from './effects.ts';
export type { CoapEndpointOptions } from './endpoint.ts';
export { CoapEndpoint } from './endpoint.ts';
export { ExchangeId, ObservationScope, PeerKey, RequestId } from './ids.ts';
export type { BodyLimits, CoapLimits } from './limits.ts';
export { DEFAULT_BODY_LIMITS, DEFAULT_LIMITS } from './limits.ts';
export type { CoapMessage } from './message.ts';
export {
  accept,
  block1,
  block2,
  contentFormat,
  locationPath,
  MessageType,
  observeValue,
  optionUint,
  optionValue,
  uriPath,
  uriQuery,
} from './message.ts';
export type { BlockValue, CoapOption, OptionDefinition, OptionFormat, OptionValue } from './options.ts';
export { Option, option, optionDefinition } from './options.ts';
export type { OscoreEffect, OscoreFault, OscoreParameters } from './oscore/index.ts';
export {
  DEFAULT_AEAD,
  DEFAULT_HKDF,
  isProtected,
  OscoreAssociation,
  oscoreObstacle,
  oscoreValueOf,
  unprotectedError,
} from './oscore/index.ts';
export type { TransmissionParameters } from './parameters.ts';
export { DEFAULT_PARAMETERS, exchangeLifetimeMs, maxTransmitWaitMs } from './parameters.ts';
export type { NotificationSpec, RequestSpec, ResponseSpec } from './specs.ts';
export { frameOf, readFrame } from './tcp/frames.ts';
export type { Leave } from './tcp/signals.ts';
