import type {
  BoundEntry,
  Inspection,
  LayerEntry,
  LayerNorm,
  LipschitzInterval,
  LowerEnd,
  UpperEnd,
} from '../../report/inspection.ts';
import { chainWords } from '../../report/layer-chain.ts';
import type { InspectionEvent } from '../../report/progress.ts';
import type { ChainLayer } from '../../network/layer-chain.ts';
import { norms } from '../../bound.ts';
import type { SuppliedChain } from '../request.ts';

/** What the network was put together by, and from which layers. */
export interface Assumption {
  readonly chain: SuppliedChain;
  readonly layers: readonly ChainLayer[];
}

/**
 * Whatever was proved of a network whose connections somebody supposed is proved of the supposition: nothing of the whole is certified of the
 * file. A dense layer's norm is that of its matrix, whatever stands around it.
 */
export async function* assumed(
  events: AsyncGenerator<InspectionEvent, void>,
  assumption: Assumption,
): AsyncGenerator<InspectionEvent, void> {
  for await (const event of events) yield weakened(event, assumption);
}

function weakened(event: InspectionEvent, assumption: Assumption): InspectionEvent {
  switch (event.kind) {
    case 'opened':
    case 'finished':
      return { ...event, inspection: weakenedInspection(event.inspection, assumption) };
    case 'layers':
      return { ...event, layers: event.layers.map(weakenedLayer) };
    case 'bound':
      return {
        ...event,
        best: weakenedInterval(event.best),
        ...(event.bound === undefined ? {} : { bound: weakenedBound(event.bound) }),
      };
    case 'note':
    case 'activity':
      return event;
  }
}

const sentenceOf = ({ chain: { by, basis } }: Assumption): string =>
  `its layers following one another as ${by} says: ${basis}`;

const weakenedInspection = (inspection: Inspection, assumption: Assumption): Inspection => ({
  ...inspection,
  assumption: sentenceOf(assumption),
  chain: { ...assumption.chain, state: 'supposed', layers: assumption.layers },
  layers: inspection.layers.map(weakenedLayer),
  bounds: inspection.bounds.map(weakenedBound),
  lipschitz: Object.fromEntries(
    norms.flatMap((norm) => {
      const interval = inspection.lipschitz[norm];
      return interval === undefined ? [] : [[norm, weakenedInterval(interval)]];
    }),
  ),
  notes: [
    `Every number of the whole network is an estimate: it rests on ${sentenceOf(assumption)}.`,
    `The chain: ${chainWords(assumption.chain, assumption.layers)}.`,
    ...inspection.notes,
  ],
});

const weakenedBound = (bound: BoundEntry): BoundEntry => ({ ...bound, rigor: 'estimate' });

const weakenedInterval = ({ lower, upper }: LipschitzInterval): LipschitzInterval => ({
  lower: weakenedLower(lower),
  upper: weakenedUpper(upper),
});

const weakenedLower = (end: LowerEnd): LowerEnd => ({ ...end, rigor: 'estimate' });

/** A certificate would be verified against a graph that the file does not have. */
function weakenedUpper(end: UpperEnd): UpperEnd {
  if (end.value === null) return end;
  return { value: end.value, method: end.method, rigor: 'estimate' };
}

/** What was called certified of the way up to a layer (`reach`) is as much supposed, and left out. */
function weakenedLayer(entry: LayerEntry): LayerEntry {
  const layer = Object.fromEntries(Object.entries(entry).filter(([name]) => name !== 'reach')) as unknown as LayerEntry;
  if (layer.op === 'Gemm') return layer;
  const weaker = (norm: LayerNorm): LayerNorm => ({ ...norm, rigor: 'estimate' });
  return {
    ...layer,
    norms: Object.fromEntries(Object.entries(layer.norms).map(([norm, known]) => [norm, weaker(known)])),
  };
}
