import { againstEpsilon } from './picture/against-epsilon.ts';
import { kinkPicture } from './picture/kink.ts';
import type { SmoothingReport } from './smoothing.ts';

export interface Figure {
  /** Markup; '' where there is nothing to draw. */
  readonly svg: string;
  readonly caption: string;
}

export const smoothnessCaption = 'The smoothness constant L against the allowed deviation ε';
export const accuracyCaption = 'The accuracies mu of the layers against ε';
export const dataCaptions = {
  accuracy: 'Accuracy on the data against ε; dashed: the original network',
  loss: 'Loss on the data against ε; dashed: the original network',
} as const;

/** The pictures of a smoothing on paper. */
export function smoothingFigures(report: SmoothingReport, width: number): readonly Figure[] {
  const { curve, layers, epsilon, output, problem } = report;
  const size = { width, height: 160 };
  const kinks = layers.flatMap((layer, t) => {
    const [first] = problem.layers[t]!.profiles ?? [];
    return layer.mu === 0 || first === undefined ? [] : [{ layer, profile: first }];
  });
  const [widest] = kinks.toSorted((a, b) => b.layer.share - a.layer.share);
  return [
    {
      svg: againstEpsilon({
        ...size,
        lines: [{ points: curve.map((point) => ({ epsilon: point.epsilon, value: point.smoothness })), ink: 'strong' }],
        here: { epsilon, value: output.smoothness },
        scale: 'powers',
        title: `${smoothnessCaption}, both on scales of powers`,
      }),
      caption: `${smoothnessCaption}, both on scales of powers; the ring is at the ε of this report.`,
    },
    {
      svg: againstEpsilon({
        ...size,
        lines: layers.flatMap(
          ({ mu }, t) =>
          mu === 0 ? [] : [{ points: curve.map((point) => ({ epsilon: point.epsilon, value: point.mu[t]! })), ink: 'faint' as const }], // prettier-ignore
        ),
        scale: 'powers',
        title: `${accuracyCaption}, on scales of powers`,
      }),
      caption: `${accuracyCaption}, on scales of powers, a line for each layer.`,
    },
    ...(widest === undefined
      ? []
      : [
          {
            svg: kinkPicture(widest.profile, widest.layer.width, Math.min(width, 360), 160),
            caption: `${widest.layer.name}, which has the largest share of ε, before (dashed) and after.`,
          },
        ]),
    ...dataFigures(report, size),
  ];
}

/** The paper's comparison: accuracy and loss of the smoothed networks beside the original's. */
export function dataFigures(
  { data }: Pick<SmoothingReport, 'data'>,
  size: { readonly width: number; readonly height: number },
): readonly Figure[] {
  if (data === undefined) return [];
  return (['accuracy', 'loss'] as const).map((what) => ({
    svg: againstEpsilon({
      ...size,
      lines: [{ points: data.smoothed.map((row) => ({ epsilon: row.epsilon, value: row[what] })), ink: 'strong' }],
      original: data.original[what],
      scale: what === 'accuracy' ? 'shares' : 'numbers',
      title: dataCaptions[what],
    }),
    caption: `${dataCaptions[what]}.`,
  }));
}
