import type { Network, Node } from '../network/network.ts';
import type { LayerHints, LayerSource } from '../report/inspection.ts';

export interface LayerIdentity {
  readonly name: string;
  readonly hints: LayerHints;
  readonly source?: LayerSource;
}

/** What users call the layer: its state-dict prefix where the weights still carry it, else its module path, else the node's id. */
export function identityOf(node: Node, network: Network, folded: readonly Node[]): LayerIdentity {
  const stateName = [node, ...folded].map((own) => statePrefix(own, network)).find((name) => name !== undefined);
  const scope = scopeOf(node);
  const className = node.origin.classes?.at(-2) ?? node.origin.classes?.at(-1);
  const hints: LayerHints = {
    ...(stateName === undefined ? {} : { stateName }),
    ...(scope === undefined ? {} : { scope }),
    ...(className === undefined ? {} : { className }),
  };
  const source = exporterLine(node);
  return { name: stateName ?? scope ?? node.id, hints, ...(source === undefined ? {} : { source }) };
}

const parameterNames =
  /^(.+)[./](?:weight|bias|kernel|gamma|beta|weight_orig|W|B|running_mean|running_var|in_proj_weight)$/;
const suffixedNames = /^(.+)_(?:W|B|weight|bias|kernel)$/;

/** "layer1.0.conv1" from the initializer "layer1.0.conv1.weight". Names that exporters invented ("val_7") say nothing. */
function statePrefix(node: Node, network: Network): string | undefined {
  for (const name of node.inputs.slice(1)) {
    if (!network.constants.has(name)) continue;
    const match = parameterNames.exec(name) ?? suffixedNames.exec(name);
    if (match !== null && !match[1]!.startsWith('/') && !match[1]!.startsWith('onnx::')) return match[1]!;
  }
  return undefined;
}

/** Module path from exporter scopes, or from node names such as "/layer1/layer1.0/conv1/Conv". */
function scopeOf(node: Node): string | undefined {
  const scopes = node.origin.scopes?.filter((scope) => scope !== '');
  // The last scope is the operator itself.
  const inner = scopes === undefined || scopes.length < 2 ? undefined : scopes.at(-2);
  if (inner !== undefined) return inner;
  if (!node.id.startsWith('/')) return undefined;
  const path = node.id.split('/').slice(1, -1);
  const merged = path.reduce<string[]>((names, part) => {
    // A list's element repeats the list: "layer1", "layer1.0".
    if (names.length > 0 && part.startsWith(`${names.at(-1)!}.`)) return [...names.slice(0, -1), part];
    return [...names, part];
  }, []);
  return merged.length === 0 ? undefined : merged.join('.');
}

const frame = /File "([^"\n]+)", line (\d+)/g;

/** The innermost frame of the exporter's stack trace that is the user's own. Of its path only the end is kept. */
function exporterLine(node: Node): LayerSource | undefined {
  const frames = [...(node.origin.stackTrace ?? '').matchAll(frame)].filter(
    ([, path]) => !/site-packages|dist-packages|(^|[\\/])torch[\\/]/.test(path!),
  );
  const last = frames.at(-1);
  if (last === undefined) return undefined;
  const file = last[1]!
    .replaceAll('\\', '/')
    .split('/')
    .filter((part) => part !== '')
    .slice(-3)
    .join('/');
  return { file, line: Number(last[2]), tier: 'exporter' };
}
