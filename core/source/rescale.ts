import { below } from '../rounding.ts';
import { digits } from '../report/digits.ts';
import type { Framework } from './spectral-norm.ts';

/** A layer whose weights are to be multiplied so that its norm meets a limit. */
export interface Rescaled {
  /** As the framework finds it in the model. */
  readonly name: string;
  readonly upper: number;
  readonly limit: number;
  readonly norm: string;
}

/** Rounded down, so that the rescaled norm does not exceed the limit. */
export const factorOf = ({ upper, limit }: Pick<Rescaled, 'upper' | 'limit'>): string =>
  digits(below(limit / upper), 'down');

/** A function for the end of the file, which says what it does: a norm is of trained weights, so no change of the line that makes the layer could rescale it. */
export function rescaleFunction(layers: readonly Rescaled[], framework: Framework, text: string): string {
  const name = `rescale_${layers.length === 1 ? layers[0]!.name.replace(/\W+/g, '_').replace(/^_|_$/g, '') : 'layers'}`;
  const reasons = layers.map(
    (layer) =>
      `    ${layer.name}: ${layer.norm} norm ${digits(layer.upper, 'up')}, limit ${layer.limit}, so its weight is multiplied by ${factorOf(layer)}.`,
  );
  const imports = framework === 'pytorch' && !/^import torch\b/m.test(text) ? ['    import torch', ''] : [];
  const body =
    framework === 'pytorch'
      ? [
          '    with torch.no_grad():',
          ...layers.map(
            (layer) => `        model.get_submodule(${quoted(layer.name)}).weight.mul_(${factorOf(layer)})`,
          ),
        ]
      : layers.flatMap((layer) => [
          `    layer = model.get_layer(${quoted(layer.name)})`,
          '    kernel, *others = layer.get_weights()',
          `    layer.set_weights([${factorOf(layer)} * kernel, *others])`,
        ]);
  return [
    ...(text.endsWith('\n') ? [] : ['']),
    ...['', ''],
    `def ${freeName(name, text)}(model):`,
    '    """Brings layers within their limits. Run it once on the trained model, then save the model again.',
    '',
    ...reasons,
    '    Biases stay. The outputs change: look at the accuracy, or train on.',
    '    """',
    ...imports,
    ...body,
    '',
  ].join('\n');
}

const quoted = (name: string): string => JSON.stringify(name);

function freeName(name: string, text: string): string {
  for (let count = 1; ; count++) {
    const free = count === 1 ? name : `${name}_${count}`;
    if (!new RegExp(`^def ${free}\\b`, 'm').test(text)) return free;
  }
}
