import type { LayerDefinition, SourceRange } from './definition.ts';

/** A change of a text, at a place of it as it was before. */
export interface TextChange {
  readonly range: SourceRange;
  readonly text: string;
}

export type Framework = 'pytorch' | 'keras';

const torchLayers = /^(?:Lazy)?(?:Linear|Bilinear|Conv(?:Transpose)?[123]d)$/;
const kerasLayers = /^(?:Dense|EinsumDense|(?:Depthwise)?Conv[123]D(?:Transpose)?)$/;

/** Whose layer it is, where that is plain; Flax names its layers as Keras does, but under `nn`. */
export function frameworkOf(
  { layer, call }: Pick<LayerDefinition, 'layer' | 'call'>,
  text: string,
): Framework | undefined {
  if (torchLayers.test(layer)) return 'pytorch';
  if (!kerasLayers.test(layer)) return undefined;
  if (call.endsWith(`layers.${layer}`)) return 'keras';
  return call === layer && /\bkeras\b/.test(moduleOf(layer, text) ?? '') ? 'keras' : undefined;
}

/**
 * Wraps the call that makes a layer in the framework's spectral normalisation and imports that where it is missing; undefined where
 * the layer is normalised already, or the line is not a call that can be wrapped.
 */
export function wrapInSpectralNorm(text: string, definition: LayerDefinition): readonly TextChange[] | undefined {
  const lines = text.split('\n');
  const { range, call, layer } = definition;
  const framework = frameworkOf(definition, text);
  if (framework === undefined) return undefined;
  const before = lines[range.startLine]?.slice(0, range.startColumn) ?? '';
  const written = lines[range.startLine]?.slice(range.startColumn) ?? '';
  if (!written.startsWith(call)) return undefined;
  const above = `${lines[range.startLine - 1]?.trimEnd() ?? ''}\n${before}`;
  if (/\b(?:spectral_norm|SpectralNormalization|weight_norm|orthogonal)\(\s*$/.test(above)) return undefined;
  const prefix = call.slice(0, call.length - layer.length);
  const { name, module } =
    framework === 'pytorch'
      ? { name: 'spectral_norm', module: 'torch.nn.utils.parametrizations' }
      : { name: `${prefix}SpectralNormalization`, module: prefix === '' ? moduleOf(layer, text) : undefined };
  const missing = module !== undefined && moduleOf(name, text) === undefined;
  return [
    ...(missing
      ? [{ range: at(lineAfterImports(lines, module.split('.')[0]!), 0), text: `from ${module} import ${name}\n` }]
      : []),
    { range: at(range.startLine, range.startColumn), text: `${name}(` },
    { range: at(range.endLine, range.endColumn), text: ')' },
  ];
}

const at = (line: number, column: number): SourceRange => ({
  startLine: line,
  startColumn: column,
  endLine: line,
  endColumn: column,
});

/** The module from which the file imports a name as it is. */
function moduleOf(name: string, text: string): string | undefined {
  for (const [, module, names] of text.matchAll(/^from[ \t]+([\w.]+)[ \t]+import[ \t]+(\([^)]*\)|[^\n#]*)/gm)) {
    const imported = names!
      .replace(/[()]/g, '')
      .replace(/#[^\n]*/g, '')
      .split(',')
      .map((one) => one.trim());
    if (imported.includes(name)) return module;
  }
  return undefined;
}

/** Behind the last import of the same package at the left margin; else behind the last import of any, else behind the docstring. */
export function lineAfterImports(lines: readonly string[], family: string): number {
  let [ofFamily, ofAny] = [0, 0];
  for (let line = 0; line < lines.length; line++) {
    const text = lines[line]!;
    if (/^(?:class|def|async|@)/.test(text)) break;
    if (!/^(?:import|from)\s/.test(text)) continue;
    let end = line;
    if (text.includes('(') && !text.includes(')')) while (end < lines.length - 1 && !lines[end]!.includes(')')) end++;
    while (end < lines.length - 1 && lines[end]!.trimEnd().endsWith('\\')) end++;
    ofAny = end + 1;
    if (new RegExp(`^(?:import|from)\\s+${family}\\b`).test(text)) ofFamily = end + 1;
    line = end;
  }
  return ofFamily || ofAny || lineAfterDocstring(lines);
}

function lineAfterDocstring(lines: readonly string[]): number {
  const first = lines.findIndex((text) => text.trim() !== '' && !text.startsWith('#'));
  const quote = /^\s*[rR]?("""|''')/.exec(lines[first] ?? '')?.[1];
  if (quote === undefined) return Math.max(0, first);
  if ((lines[first]!.split(quote).length - 1) % 2 === 0) return first + 1;
  const end = lines.findIndex((text, line) => line > first && text.includes(quote));
  return end < 0 ? 0 : end + 1;
}
