import { text } from '../../network/network.ts';
import type { AxisMatrix } from '../maps/separable-map.ts';
import { paddingAlong, bordersOf } from '../padding.ts';
import { resizingAlong } from '../resize.ts';
import { NoDerivative, ofOne, type Site } from './derivative.ts';
import { transposedAlong } from './pooling.ts';

/** Pad: what was filled in does not move. The adjoint of zero padding cuts it off again; mirrored borders add to where they came from. */
export const padDerivative = ofOne(
  ({ graph, node, facts }, tangent) => {
    const mode = text(node, 'mode', 'constant');
    const borders = bordersOf(facts, facts.input(0)!.shape.length);
    if (mode === 'constant')
      return graph.pad(
        tangent,
        borders.map(({ begin }) => begin),
        borders.map(({ end }) => end),
      );
    return paddingAlong(facts).reduce((value, { axis, matrix }) => graph.along(value, axis, matrix), tangent);
  },
  ({ graph, node, facts }, cotangent) => {
    const borders = bordersOf(facts, facts.input(0)!.shape.length);
    if (text(node, 'mode', 'constant') === 'constant')
      return graph.pad(
        cotangent,
        borders.map(({ begin }) => -begin),
        borders.map(({ end }) => -end),
      );
    return transposedAlong(graph, cotangent, paddingAlong(facts));
  },
);

/** Resize: interpolation along one axis after the other. */
const resizing = ({ facts }: Site): readonly AxisMatrix[] => {
  const along = resizingAlong(facts);
  if (typeof along === 'string') throw new NoDerivative(along);
  return along;
};

export const resizeDerivative = ofOne(
  (site, tangent) => resizing(site).reduce((value, { axis, matrix }) => site.graph.along(value, axis, matrix), tangent),
  (site, cotangent) => transposedAlong(site.graph, cotangent, resizing(site)),
);
