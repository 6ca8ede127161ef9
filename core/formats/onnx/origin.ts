import type { NodeOrigin } from '../../network/network.ts';

const prefix = 'pkg.torch.onnx.';

const unknownOrigin: NodeOrigin = {};

/** What PyTorch's exporter writes beside a node about the line of Python it comes from. */
export function originFrom(metadata: ReadonlyMap<string, string>): NodeOrigin {
  if (metadata.size === 0) return unknownOrigin;
  const stackTrace = metadata.get(`${prefix}stack_trace`);
  const scopes = listOfTexts(metadata.get(`${prefix}name_scopes`));
  const classes = listOfTexts(metadata.get(`${prefix}class_hierarchy`));
  return {
    ...(stackTrace ? { stackTrace } : {}),
    ...(scopes ? { scopes } : {}),
    ...(classes ? { classes } : {}),
  };
}

const element = /\s*(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*(,|$)/suy;

/** A list of strings as Python prints it: ['', 'layer1', "it's"]. Nothing else is understood. */
export function listOfTexts(literal: string | undefined): readonly string[] | undefined {
  const inside = literal?.trim().match(/^\[(.*)\]$/su)?.[1];
  if (inside === undefined) return undefined;
  const texts: string[] = [];
  element.lastIndex = 0;
  while (element.lastIndex < inside.trimEnd().length) {
    const match = element.exec(inside);
    if (!match) return undefined;
    texts.push(unescaped(match[1] ?? match[2] ?? ''));
  }
  return texts;
}

const escapes: Readonly<Record<string, string | undefined>> = { n: '\n', t: '\t', r: '\r' };

function unescaped(text: string): string {
  return text.replace(/\\(?:x([0-9a-f]{2})|u([0-9a-f]{4})|(.))/gsu, (_, x?: string, u?: string, other?: string) => {
    if (other !== undefined) return escapes[other] ?? other;
    return String.fromCharCode(Number.parseInt(x ?? u ?? '', 16));
  });
}
