import type { LayerQuestion } from '../inspection/layer-spectrum.ts';
import type { InspectionRequest } from '../inspection/request.ts';
import type { GrowthRequest } from '../inspection/noise-growth.ts';
import type { MapRequest } from '../inspection/map-request.ts';
import type { SmoothingRequest } from '../inspection/smooth-request.ts';
import type { WhatIfRequest } from '../inspection/what-if-request.ts';
import type { BilipschitzReport } from '../report/bilipschitz.ts';
import type { Inspection } from '../report/inspection.ts';
import type { LayerSpectrum } from '../report/layer-spectrum.ts';
import type { MapPin } from '../report/map-pin.ts';
import type { LipschitzMap } from '../report/map.ts';
import type { MapEvent } from '../report/map-progress.ts';
import type { NoiseGrowth } from '../report/noise-growth.ts';
import type { InspectionEvent } from '../report/progress.ts';
import type { SmoothingReport } from '../report/smoothing.ts';
import type { SmoothingEvent } from '../report/smoothing-progress.ts';
import type { WhatIfReport } from '../report/what-if.ts';
import type { ReportFormat } from '../report/formats.ts';
import type { Verification } from '../inspection/verification.ts';

/**
 * Everything that can be asked of the worker process, as ONE interface; request types, the client's methods and the worker's
 * handlers all derive from it. Answers are values: a failure crosses the process border as `err`, never as an exception.
 */
export interface WorkerCalls {
  /** Streams `inspectionEvent` notifications under `job` while it runs. */
  inspect(call: { readonly job: number; readonly request: InspectionRequest }): Inspection;
  /** Streams `mapEvent` notifications under `job`: when it is cancelled, what they built up is the answer. */
  map(call: { readonly job: number; readonly request: MapRequest }): LipschitzMap;
  layer(call: { readonly question: LayerQuestion }): LayerSpectrum;
  /** Streams `smoothingEvent` notifications under `job`: an answer at once, better ones, and the smoothed model where it was asked for. */
  smooth(call: { readonly job: number; readonly request: SmoothingRequest }): SmoothingReport;
  /** How changes of the input grow from layer to layer, sampled. */
  growth(call: { readonly request: GrowthRequest }): NoiseGrowth;
  /** Changed weights: both inspections, and the bytes of the changed file. */
  whatIf(call: { readonly request: WhatIfRequest }): WhatIfAnswer;
  /** How far the network keeps points apart, in l2. */
  bilipschitz(call: { readonly request: InspectionRequest }): BilipschitzReport;
  /** One point of a map, looked at closely. */
  pin(call: { readonly request: MapRequest; readonly at: MapPin['at'] }): MapPin;
  verify(call: { readonly inspection: Inspection; readonly file: string }): Verification;
  render(call: { readonly inspection: Inspection; readonly format: ReportFormat }): string;
}

export interface WhatIfAnswer {
  readonly report: WhatIfReport;
  readonly model: Uint8Array;
}

export type CallName = keyof WorkerCalls;
export type CallArgument<K extends CallName> = Parameters<WorkerCalls[K]>[0];
export type CallResult<K extends CallName> = ReturnType<WorkerCalls[K]>;

export type Answer<T> = { readonly ok: T } | { readonly err: Failure };

export type Failure =
  /** The model or the request is at fault: a sentence for the user. */
  | { readonly kind: 'user'; readonly message: string }
  | { readonly kind: 'cancelled' }
  /** A fault of ours. */
  | { readonly kind: 'internal'; readonly message: string; readonly stack: string }
  /** The worker died: a native crash, or killed for memory. Made by the client. */
  | { readonly kind: 'crashed'; readonly message: string };

export interface WorkerNotifications {
  inspectionEvent: { readonly job: number; readonly event: InspectionEvent };
  mapEvent: { readonly job: number; readonly event: MapEvent };
  smoothingEvent: { readonly job: number; readonly event: SmoothingEvent };
  /** While a call runs, on systems whose parent processes cannot look this up. */
  memory: { readonly residentBytes: number };
}

export type NotificationName = keyof WorkerNotifications;
