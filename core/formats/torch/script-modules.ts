import { isKind, type PickleDict, type PickleValue } from './pickle/values.ts';

const deepest = 64;

/** The modules of a TorchScript archive, objects within objects, as one state dict: "layer1.conv.weight". */
export function withModules(root: PickleValue): PickleDict {
  const entries = new Map<PickleValue, PickleValue>();
  const visited = new Set<PickleValue>();
  const visit = (value: PickleValue, path: readonly string[]): void => {
    if (isKind(value, 'tensor')) {
      entries.set(path.join('.'), value);
      return;
    }
    if (!isKind(value, 'object') || !isKind(value.state, 'dict') || visited.has(value) || path.length > deepest) return;
    visited.add(value);
    for (const [key, inner] of value.state.entries) if (typeof key === 'string') visit(inner, [...path, key]);
  };
  visit(root, []);
  return { kind: 'dict', entries };
}
