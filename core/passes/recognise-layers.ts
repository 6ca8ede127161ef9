import type { Network } from '../network/network.ts';
import { nameSoftplusJump } from './name-softplus-jump.ts';
import { recogniseAttention } from './recognise-attention.ts';
import { recogniseChoice } from './recognise-choice.ts';
import { recogniseDistanceAttention } from './recognise-distance-attention.ts';
import { recogniseElu } from './recognise-elu.ts';
import { recogniseGelu } from './recognise-gelu.ts';
import { recogniseLayerNorm } from './recognise-layer-norm.ts';
import { recogniseLines } from './recognise-lines.ts';
import { recogniseLocalResponse } from './recognise-local-response.ts';
import { recogniseLogSigmoid } from './recognise-log-sigmoid.ts';
import { recogniseMish } from './recognise-mish.ts';
import { recogniseNormalisation } from './recognise-normalisation.ts';
import { recogniseOfSquare } from './recognise-of-square.ts';
import { recogniseRmsNorm } from './recognise-rms-norm.ts';
import { recogniseSoftplus } from './recognise-softplus.ts';
import { recogniseSoftshrink } from './recognise-softshrink.ts';
import { recogniseSoftsign } from './recognise-softsign.ts';
import { recogniseSwish } from './recognise-swish.ts';

/** In this order: what one finds can be part of the next. A new one is a file and a line here. */
const passes: readonly ((network: Network) => Network)[] = [
  recogniseElu,
  recogniseSoftshrink,
  recogniseChoice,
  recogniseLines,
  recogniseGelu,
  recogniseSwish,
  recogniseSoftplus,
  nameSoftplusJump,
  recogniseMish,
  recogniseSoftsign,
  recogniseLogSigmoid,
  recogniseLocalResponse,
  recogniseLayerNorm,
  recogniseRmsNorm,
  recogniseNormalisation,
  recogniseAttention,
  recogniseDistanceAttention,
  recogniseOfSquare,
];

/** Layers that a file writes out in small operators, as the layers they are. */
export const recogniseLayers = (network: Network): Network => passes.reduce((current, pass) => pass(current), network);
